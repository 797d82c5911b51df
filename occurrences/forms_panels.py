"""Where each field of the editor stands, and what it offers: panels, choices, usual values.

The record page shows its facts in the same panels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from darwincore import terms


class Panel(NamedTuple):
    """A heading, the columns always shown and those behind "more", each as "column:span"."""

    slug: str
    title: Any
    shown: str
    more: str = ""


PANELS = (
    Panel(
        "collector",
        _("Collector Info"),
        "catalog_number:3 recorded_by:4 record_number:2 event_date:3 associated_collectors:6 "
        "verbatim_event_date:3 duplicate_quantity:3 identifiers:6 label_project:6",
        "exsiccati_title:7 exsiccati_number:2 event_time:3 field_number:3 recorded_by_id:9 "
        "event_remarks:12",
    ),
    Panel(
        "identification",
        _("Latest Identification"),
        "scientific_name:6 scientific_name_authorship:3 family:3 identification_qualifier:2 "
        "identified_by:4 date_identified:3 type_status:3",
        "verbatim_identification:6 identification_verification_status:6 "
        "identification_references:12 identification_remarks:6 taxon_remarks:6 "
        "kingdom:3 taxon_class:3 order:3 genus:3 specific_epithet:3 "
        "infraspecific_epithet:3 taxon_rank:3 vernacular_name:3 identified_by_id:6",
    ),
    Panel(
        "locality",
        _("Locality"),
        "country:3 state_province:3 county:3 municipality:3 locality:12 decimal_latitude:3 "
        "decimal_longitude:3 coordinate_uncertainty_in_meters:3 geodetic_datum:3 "
        "verbatim_coordinates:6 minimum_elevation_in_meters:2 maximum_elevation_in_meters:2 "
        "verbatim_elevation:2 record_security:4 security_reason:8",
        "continent:3 water_body:3 island_group:3 island:3 country_code:2 location_id:4 "
        "verbatim_locality:6 location_remarks:12 minimum_depth_in_meters:3 "
        "maximum_depth_in_meters:3 verbatim_depth:3 coordinate_precision:3 "
        "verbatim_latitude:3 verbatim_longitude:3 verbatim_coordinate_system:3 verbatim_srs:3 "
        "georeferenced_by:4 georeferenced_date:3 georeference_verification_status:5 "
        "georeference_protocol:6 georeference_sources:6 georeference_remarks:12 footprint_wkt:12",
    ),
    Panel(
        "misc",
        _("Misc"),
        "habitat:12 substrate:6 associated_taxa:6 verbatim_attributes:6 occurrence_remarks:6",
        "field_notes:12 life_stage:3 sex:3 individual_count:3 reproductive_condition:3 "
        "sampling_protocol:6 preparations:6 behavior:3 vitality:3 establishment_means:3 "
        "cultivation_status:3 dynamic_properties:12",
    ),
    Panel(
        "geology",
        _("Paleontology"),
        "",
        " ".join(
            f"{term.column}:3" for term in terms.COLUMN_TERMS if term.group == "GeologicalContext"
        ),
    ),
    Panel(
        "curation",
        _("Curation"),
        "basis_of_record:3 processing_status:3 disposition:3 storage_location:3",
        "occurrence_id:6 institution_code:2 collection_code:2 owner_institution_code:2 "
        "language:3 data_generalizations:9",
    ),
)

# Not typed: they follow from the date, or say what a source said about itself.
NOT_TYPED = frozenset(
    "year month day start_day_of_year end_day_of_year modified record_entered_by date_entered "
    "information_withheld".split()
)
LONG = frozenset(
    "locality verbatim_locality habitat associated_taxa verbatim_attributes occurrence_remarks "
    "field_notes dynamic_properties location_remarks georeference_remarks footprint_wkt "
    "event_remarks verbatim_label identification_remarks taxon_remarks identifiers".split()
)
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "record_security": [
        ("", _("Not applied")),
        ("1", _("Locality: the place is redacted")),
        ("5", _("Full: the whole record is hidden")),
    ],
    "cultivation_status": [("", _("Not stated")), ("true", _("Yes")), ("false", _("No"))],
    "establishment_means": [
        ("", ""),
        ("native", _("native")),
        ("nativeReintroduced", _("native, reintroduced")),
        ("introduced", _("introduced")),
        ("introducedAssistedColonisation", _("introduced, assisted colonisation")),
        ("vagrant", _("vagrant")),
        ("uncertain", _("uncertain")),
    ],
    "occurrence_status": [("", ""), ("present", _("present")), ("absent", _("absent"))],
    "georeference_verification_status": [
        ("", ""),
        ("unable to georeference", _("unable to georeference")),
        ("requires georeference", _("requires georeference")),
        ("requires verification", _("requires verification")),
        ("verified by data custodian", _("verified by data custodian")),
        ("verified by contributor", _("verified by contributor")),
    ],
    "basis_of_record": [
        ("", ""),
        *(
            (name, name)
            for name in (
                "PreservedSpecimen",
                "FossilSpecimen",
                "LivingSpecimen",
                "MaterialSample",
                "HumanObservation",
                "MachineObservation",
                "MaterialCitation",
                "Occurrence",
            )
        ),
    ],
    "processing_status": [
        ("", _("Not set")),
        ("unprocessed", _("Unprocessed")),
        ("unprocessed/NLP", _("Unprocessed/NLP")),
        ("stage 1", _("Stage 1")),
        ("stage 2", _("Stage 2")),
        ("stage 3", _("Stage 3")),
        ("pending duplicate", _("Pending Duplicate")),
        ("pending review-nfn", _("Pending Review-NfN")),
        ("pending review", _("Pending Review")),
        ("expert required", _("Expert Required")),
        ("reviewed", _("Reviewed")),
        ("closed", _("Closed")),
    ],
}
PLACEHOLDERS = {
    "decimal_latitude": _("30°46'N, 30.77…"),
    "decimal_longitude": _("110°51'W, -110.86…"),
    "verbatim_coordinates": _("12R 512345 3400000, T12S R15E S4…"),
    "minimum_elevation_in_meters": _("366, 1200 ft…"),
    "event_date": _("14.vii.1932, 1932-07…"),
    "identifiers": _("Accession: 2026-014"),
}
HELP = {
    "identifiers": _("One a line, with its name before a colon."),
    "security_reason": _("Shown to those who may read the record."),
}

# Usual values that a field offers while one types; any other text may stand there too.
USUAL: dict[str, tuple[str, ...]] = {
    "identification_verification_status": (
        *("10 Absolute", "9 Very High", "8 High", "7 High – verification requested"),
        *("6 Medium – insignificant material", "5 Medium", "4 Medium – verification requested"),
        *("3 Low – insignificant material", "2 Low", "1 Low – ID Requested", "0 ID Requested"),
    ),
    "sex": ("female", "male", "hermaphrodite", "undetermined"),
    "life_stage": (
        *("adult", "subadult", "juvenile", "larva", "pupa", "nymph", "egg", "embryo"),
        *("seedling", "sapling", "gametophyte", "sporophyte", "spore", "seed"),
    ),
    "reproductive_condition": (
        *("in flower", "in bud", "in fruit", "in flower and fruit", "vegetative", "sterile"),
        *("sporulating", "with sporangia", "with cones", "gravid", "lactating"),
    ),
    "type_status": (
        *("holotype", "isotype", "lectotype", "isolectotype", "neotype", "isoneotype", "syntype"),
        *("isosyntype", "paratype", "isoparatype", "epitype", "isoepitype", "paralectotype"),
        *("allotype", "topotype", "type", "type fragment", "photograph of type"),
    ),
    "identification_qualifier": ("cf.", "aff.", "?", "nr.", "vel aff."),
    "geodetic_datum": ("WGS84", "NAD83", "NAD27", "ED50", "SIRGAS2000", "not recorded"),
    "georeference_protocol": (
        "Georeferencing Quick Reference Guide (Zermoglio et al. 2020)",
        "Georeferencing Best Practices (Chapman & Wieczorek 2020)",
        "point-radius method",
        "read from a map",
        "GPS receiver",
    ),
    "georeference_sources": (
        *("GPS receiver", "label", "topographic map", "GEOLocate", "Google Earth"),
        *("OpenStreetMap", "GeoNames", "gazetteer", "collector's field notes"),
    ),
    "degree_of_establishment": (
        *("native", "captive", "cultivated", "released", "casual", "reproducing", "established"),
        *("colonising", "invasive", "widespreadInvasive", "failing"),
    ),
    "disposition": ("in collection", "on loan", "missing", "destroyed", "exchanged", "on display"),
    "preparations": (
        *("pressed sheet", "packet", "spirit", "carpological", "slide", "pinned", "skin", "skull"),
        *("skeleton", "frozen tissue", "silica sample", "fossil", "photograph"),
    ),
    "language": ("en", "es", "fr", "pt", "de", "it", "la", "zh", "ja", "ru", "ar"),
    "kingdom": ("Animalia", "Plantae", "Fungi", "Chromista", "Protozoa", "Bacteria", "Archaea"),
    "taxon_rank": (
        *("kingdom", "phylum", "class", "order", "family", "tribe", "genus", "section", "species"),
        *("subspecies", "variety", "form", "cultivar"),
    ),
    "continent": (
        *("Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America"),
    ),
    "vitality": ("alive", "dead", "uncertain"),
    "caste": ("queen", "worker", "soldier", "drone", "male"),
}
# Fields that offer what the portal knows, or what this collection wrote lately.
SUGGESTED = frozenset(
    "scientific_name family recorded_by associated_collectors identified_by georeferenced_by "
    "country state_province county municipality locality location_id label_project "
    "identifiers exsiccati_title habitat substrate sampling_protocol storage_location "
    "associated_taxa".split()
) | frozenset(USUAL)
