"""What belongs to one sheet, and what to the gathering that several sheets share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from darwincore.terms import AUDUBON_ROW, MULTIMEDIA_ROW
from occurrences.models import ExtensionRow, Media, Occurrence

# Of a sheet and whoever keeps it: never said of another sheet of the same gathering.
OF_THE_SHEET = frozenset(
    (
        "occurrence_id catalog_number material_entity_id material_sample_id organism_id "
        "institution_id institution_code collection_code dwc_collection_id owner_institution_code "
        "dataset_id dataset_name license rights_holder access_rights bibliographic_citation "
        "references modified information_withheld data_generalizations type_status "
        "duplicate_quantity individual_count organism_quantity organism_quantity_type disposition "
        "storage_location preparations associated_media associated_sequences label_project "
        "processing_status record_entered_by date_entered identification_id"
    ).split()
)


def of_the_gathering(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a sheet of the same gathering says too: all but what belongs to the sheet."""
    return {name: value for name, value in values.items() if name not in OF_THE_SHEET}


# What a sheet doesn't take from another of its gathering while somebody enters it: its own, what
# says how it is kept and shown, and what a place name of another sheet is no proof of.
NOT_TRANSFERRED = OF_THE_SHEET | frozenset(
    (
        "basis_of_record type language record_security security_reason occurrence_status "
        "verbatim_identification material_entity_remarks "
        "continent water_body island_group island minimum_depth_in_meters maximum_depth_in_meters "
        "verbatim_depth sex life_stage caste vitality"
    ).split()
)


OBSERVED = ("HumanObservation", "MachineObservation", "Observation")


def pictured_alone(records: QuerySet[Occurrence]) -> QuerySet[Occurrence]:
    """Return those of these records that are observations with pictures: nobody has a sheet."""
    images = Media.objects.filter(record_guid=OuterRef("guid"))
    rows = ExtensionRow.objects.filter(
        occurrence=OuterRef("pk"), row_type__in=(MULTIMEDIA_ROW, AUDUBON_ROW)
    )
    return records.filter(Exists(images) | Exists(rows), basis_of_record__in=OBSERVED)
