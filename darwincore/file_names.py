"""What the name of a file in an archive says of what is in it, where nothing else says so."""

import re

from .extensions import (
    EXTENDED_MEASUREMENT_ROW,
    IMAGE_ROW,
    MATERIAL_SAMPLE_ROW,
    MEASUREMENT_ROW,
    RELATIONSHIP_ROW,
)
from .terms import (
    AUDUBON_ROW,
    IDENTIFICATION_ROW,
    IDENTIFIER_ROW,
    MULTIMEDIA_ROW,
    simple_name,
)

_TABLE_NAME = re.compile(r"\.(csv|tsv|txt|tab|psv|dat)$", re.IGNORECASE)
_PROSE_NAME = re.compile(
    r"(^|/)(cite\w*|citations?|readme\w*|licen[cs]e\w*|rights|metadata|publication)\.\w+$",
    re.IGNORECASE,
)
_EVENT_NAME = re.compile(r"(^|/)events?\.\w+$", re.IGNORECASE)
_CORE_NAME = re.compile(r"(^|/)occurrences?\.\w+$", re.IGNORECASE)
_EXTENSION_NAMES = {
    "identification": IDENTIFICATION_ROW,
    "determination": IDENTIFICATION_ROW,
    "multimedia": MULTIMEDIA_ROW,
    "media": MULTIMEDIA_ROW,
    "image": IMAGE_ROW,
    "audubon": AUDUBON_ROW,
    "identifier": IDENTIFIER_ROW,
    "measurementorfact": MEASUREMENT_ROW,
    "measurement_or_fact": MEASUREMENT_ROW,
    "measurement": MEASUREMENT_ROW,
    "emof": EXTENDED_MEASUREMENT_ROW,
    "extendedmeasurementorfact": EXTENDED_MEASUREMENT_ROW,
    "resourcerelationship": RELATIONSHIP_ROW,
    "resource_relationship": RELATIONSHIP_ROW,
    "association": RELATIONSHIP_ROW,
    "materialsample": MATERIAL_SAMPLE_ROW,
    "material_sample": MATERIAL_SAMPLE_ROW,
}
_ROW_TYPES = {iri.lower(): iri for iri in _EXTENSION_NAMES.values()}
_OCCURRENCE_CLASSES = {"occurrence", "darwincore", "simpledarwinrecord", "simpledarwincore"}


def base(name: str) -> str:
    """Return the name without its folders, in small letters."""
    return name.rpartition("/")[2].lower()


def has_rows(name: str) -> bool:
    """Tell whether a file is called as a table is."""
    return bool(_TABLE_NAME.search(name))


def is_table(name: str) -> bool:
    """Tell whether a file is a table, and none of those that speak about the others."""
    return has_rows(name) and not _PROSE_NAME.search(name)


def is_events(name: str) -> bool:
    """Tell whether a file is called as one of events is."""
    return bool(_EVENT_NAME.search(name))


def is_core(name: str) -> bool:
    """Tell whether a file is called as one of occurrences is."""
    return bool(_CORE_NAME.search(name))


def row_type_of(name: str) -> str | None:
    """Return the row type of an extension that is called so, or None."""
    return _EXTENSION_NAMES.get(re.sub(r"s?\.\w+$", "", base(name)))


def spelled(row_type: str) -> str:
    """Return a declared row type as the standard spells it; an unknown one as it is."""
    return _ROW_TYPES.get(row_type.lower(), row_type)


def is_occurrences(row_type: str) -> bool:
    """Tell whether rows of this type are occurrences."""
    return simple_name(row_type).lower() in _OCCURRENCE_CLASSES
