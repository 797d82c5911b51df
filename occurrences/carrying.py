"""What a new record takes from the one before: the collecting event, and what somebody pins.

And clones: many records like one, numbered on, in one change set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from darwincore import terms
from journal.guids import new_guid
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import editing, numbering, records
from occurrences.cleaning import look_up_later
from occurrences.drafts import Draft
from occurrences.models import Occurrence
from occurrences.readers import exact_values

# The event, not the specimen: neither numbers nor names, notes nor security.
CARRIED = (
    *"recorded_by associated_collectors event_date verbatim_event_date country".split(),
    *"country_code state_province county municipality location_id locality".split(),
    *"decimal_latitude decimal_longitude verbatim_coordinates verbatim_latitude".split(),
    *"verbatim_longitude verbatim_coordinate_system verbatim_srs".split(),
    "coordinate_uncertainty_in_meters",
    *"coordinate_precision footprint_wkt geodetic_datum georeferenced_by".split(),
    *"georeferenced_date georeference_protocol georeference_sources".split(),
    *"georeference_verification_status georeference_remarks minimum_elevation_in_meters".split(),
    *"maximum_elevation_in_meters verbatim_elevation minimum_depth_in_meters".split(),
    *"maximum_depth_in_meters verbatim_depth habitat substrate life_stage sex".split(),
    *"individual_count sampling_protocol preparations associated_taxa basis_of_record".split(),
    *"language label_project".split(),
    *(term.column for term in terms.COLUMN_TERMS if term.group == "GeologicalContext"),
)
# What is one specimen's own, and never another's.
OWN = frozenset(
    "catalog_number occurrence_id individual_count duplicate_quantity processing_status "
    "institution_code collection_code owner_institution_code date_entered record_entered_by "
    "modified material_entity_id material_sample_id organism_id associated_media "
    "associated_sequences information_withheld".split()
)
MOST_CLONES = 1000  # of a size that is written while one waits


def carried(texts: Mapping[str, str], columns: Iterable[str] = CARRIED) -> dict[str, str]:
    """Return the texts of these columns."""
    return {column: texts[column] for column in columns if texts.get(column)}


def clone(
    record: Occurrence, user: Any, numbers: Sequence[str], *, whole: bool
) -> tuple[ChangeSet, list[str]]:
    """Make a record like this one for each of `numbers` (blank for none), in one change set.

    whole: with everything but what is the specimen's own; else the collecting event alone.
    Returns the change set and the numbers given. `record` comes from `editable_by`. A protected
    record's clones are as protected. Raises Refused for too many, or numbers that are taken.
    """
    if not 0 < len(numbers) <= MOST_CLONES:
        raise Refused(_("At most %(most)s at a time.") % {"most": MOST_CLONES})
    exact = exact_values(record)
    derived = terms.DERIVED_COLUMNS if exact.get("event_date") else ()
    columns = [column for column in (terms.COLUMNS if whole else CARRIED) if column not in OWN]
    columns = list(dict.fromkeys([*columns, *editing.DATE_COLUMNS]))
    values = {name: exact.get(name) for name in (*columns, *derived)}
    values.update((name, exact.get(name)) for name in ("record_security", "security_reason"))
    if record.collection.private_records:
        values["record_security"] = values["record_security"] or 5
    names = {terms.BY_COLUMN[name].name for name in columns}
    verbatim = record.disclosed.get("verbatim") or record.verbatim
    kept = {name: text for name, text in verbatim.items() if name in names}
    with transaction.atomic():
        numbering.reserve(record.collection_id)
        _refuse_taken(record.collection_id, numbers)
        change_set = editing.change_set_for(record.collection_id, user, len(numbers))
        drafts = [
            Draft(
                new_guid(),
                record.collection_id,
                {**values, "catalog_number": number or None},
                verbatim=dict(kept),
            )
            for number in numbers
        ]
        records.write(change_set, [*drafts[0].values], drafts)
        look_up_later(record.collection_id, user)
    return change_set, [number for number in numbers if number]


def _refuse_taken(collection_id: int, numbers: Sequence[str]) -> None:
    given = [number for number in numbers if number]
    twice = {number for number, times in Counter(given).items() if times > 1}
    taken = sorted(twice | numbering.taken(collection_id, given))
    if taken:
        words = _("Taken already: %(numbers)s. Give other numbers.")
        raise Refused(words % {"numbers": ", ".join(taken[:10])})
