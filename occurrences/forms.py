"""The form in which one record is typed: panels, curators' words, one text field a term.

Every field holds text. What the text means is read by `occurrences.editing`, so a form and a file
understand the same things. Each field brings the text it started from along (hidden), so that only
what the person changed is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from darwincore import terms
from occurrences import editing

IDENTIFIERS = editing.IDENTIFIERS  # no column: its rows have a table of their own


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
        "event_time:2 field_number:2 recorded_by_id:4 event_remarks:12",
    ),
    Panel(
        "identification",
        _("Latest Identification"),
        "scientific_name:6 scientific_name_authorship:3 family:3 identification_qualifier:2 "
        "identified_by:4 date_identified:3 type_status:3",
        "verbatim_identification:6 identification_references:6 identification_remarks:6 "
        "taxon_remarks:6 kingdom:3 taxon_class:3 order:3 genus:3 specific_epithet:3 "
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

# Fields for which the page offers what begins so, by the id of its list.
SUGGESTED = {
    "scientific_name": "names-suggested",
    "country": "places-country",
    "state_province": "places-state",
    "county": "places-county",
}
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
    "event_date": _("14.vii.1932, 1932-07…"),
    "identifiers": _("Accession: 2026-014"),
}
HELP = {
    "identifiers": _("One a line, with its name before a colon."),
    "security_reason": _("Shown to those who may read the record."),
}
# What is read while one types, and the fields that are read together with it.
READ_TOGETHER = (
    ("event_date",),
    ("date_identified",),
    ("decimal_latitude", "decimal_longitude", "geodetic_datum"),
    ("minimum_elevation_in_meters", "maximum_elevation_in_meters"),
    ("minimum_depth_in_meters", "maximum_depth_in_meters"),
    ("coordinate_uncertainty_in_meters",),
    ("country", "country_code"),
)


@dataclass
class Shown:
    """A field as the template needs it."""

    field: forms.BoundField
    span: int
    term: str
    read: str = ""


@dataclass
class ShownPanel:
    """A panel as the template needs it; `more` holds rarely used fields that are blank."""

    slug: str
    title: Any
    shown: list[Shown]
    more: list[Shown]


# What a record is recognised by stands whole in an index, which holds no longer text.
KEYS = ("catalog_number", "occurrence_id")
MOST_OF_KEY = 500


class TermField(forms.CharField):
    """Text of one term: trimmed, with the same line ends from every browser."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, show_hidden_initial=True, **options)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()


class ChoiceOrPresent(forms.Select):
    """A select that also offers the value a record already holds, though we wouldn't write it."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        known = {str(choice) for choice, _label in self.choices}
        present = [(text, text) for text in value if text and text not in known]
        self.choices = [*self.choices, *present]
        return super().optgroups(name, value, attrs)


class OccurrenceForm(forms.Form):
    """One record, typed. `initial` and the cleaned data are {column: text}."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    new_determination = forms.BooleanField(
        required=False,
        label=_("This is a new determination: keep the present one in the history"),
    )

    def __init__(
        self,
        *arguments: Any,
        collection: Collection,
        record: UUID | None = None,
        notes: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """record: the one it is of. notes: by column, what stands under a field at first."""
        super().__init__(*arguments, **options)
        self.collection = collection
        self.record = record
        self.notes = notes or {}
        self.reading: editing.Reading | None = None
        for column in typed_columns():
            self.fields[column] = _field_for(column)
        if collection.guid_source != Collection.GuidSource.PROVIDER:
            self.fields["occurrence_id"].disabled = True
        _read_while_typing(self.fields)
        self.fields["catalog_number"].widget.attrs |= _asked(
            "catalog_number", ["catalog_number"]
        ) | {
            "hx-params": "*",
            "hx-vals": json.dumps(
                {"collection": str(collection.guid), "record": str(record or "")}
            ),
        }

    def clean(self) -> dict[str, Any]:
        """Read the texts; a value nobody can mean is an error at its field."""
        cleaned = super().clean() or {}
        self.reading = editing.read(self.texts)
        for column in self.changed_columns:
            problem = self.reading.problems.get(column)
            if problem:
                self.add_error(column, problem)
        return cleaned

    @property
    def is_of_record(self) -> bool:
        """Tell whether the form was opened on a record, not for a new one."""
        return bool(self.initial.get("version"))

    @property
    def texts(self) -> dict[str, str]:
        """All texts by column, without the identifiers; blank ones are left out."""
        given = self.cleaned_data
        return {column: given[column] for column in term_columns() if given.get(column)}

    @property
    def changed_columns(self) -> list[str]:
        """The columns whose text differs from the one the form was opened with."""
        return [name for name in self.changed_data if name in _TYPED]

    @property
    def basis(self) -> dict[str, str]:
        """The texts the form was opened with, by column."""
        return {name: self._basis_of(name) for name in _TYPED}

    def _basis_of(self, name: str) -> str:
        bound, kept = self[name], self.fields[name]
        if kept.disabled:
            return str(kept.to_python(self.get_initial_for_field(kept, name)))
        given = kept.hidden_widget().value_from_datadict(
            self.data, self.files, bound.html_initial_name
        )
        return str(kept.to_python(given))

    def panels(self) -> Iterator[ShownPanel]:
        """Yield the panels with their fields; the last one holds every term not named above.

        A rarely used field that is filled stands with the usual ones, so that it is seen.
        """
        for panel in (*PANELS, OTHER):
            shown, more = self._shown(panel.shown), self._shown(panel.more)
            filled = [each for each in more if each.field.value() or each.field.errors]
            blank = [each for each in more if each not in filled]
            yield ShownPanel(panel.slug, panel.title, shown + filled, blank)

    def _shown(self, columns: str) -> list[Shown]:
        notes = self.reading.notes if self.reading else self.notes
        found = []
        for column, _colon, span in (item.partition(":") for item in columns.split()):
            term = terms.BY_COLUMN.get(column)
            name = term.name if term else "otherCatalogNumbers"
            read = "" if self.errors.get(column) else str(notes.get(column, ""))
            found.append(Shown(self[column], int(span), name, read))
        return found


def term_columns() -> tuple[str, ...]:
    """Return the columns that are typed."""
    return tuple(column for column in terms.COLUMNS if column not in NOT_TYPED)


def typed_columns() -> tuple[str, ...]:
    return (*term_columns(), IDENTIFIERS)


_TYPED = frozenset(typed_columns())
_PLACED = frozenset(
    item.partition(":")[0] for panel in PANELS for item in f"{panel.shown} {panel.more}".split()
)
OTHER = Panel(
    "other",
    _("Other fields"),
    "",
    " ".join(f"{column}:3" for column in term_columns() if column not in _PLACED),
)


def rebased(
    data: Mapping[str, Any], now: Mapping[str, str], changed: list[str], version: int
) -> dict[str, Any]:
    """Return the data of a form as if it had been opened on the record as it is now.

    What the person changed stays as typed; everything else shows the present text.
    """
    fresh = {key: data[key] for key in data}
    fresh["version"] = version
    for column in _TYPED:
        fresh[f"initial-{column}"] = now.get(column, "")
        if column not in changed:
            fresh[column] = now.get(column, "")
    return fresh


def _field_for(column: str) -> TermField:
    term = terms.BY_COLUMN.get(column)
    label = term.label if term else terms.BY_NAME["otherCatalogNumbers"].label
    attributes: dict[str, Any] = {"autocomplete": "off"}
    if column in PLACEHOLDERS:
        attributes["placeholder"] = PLACEHOLDERS[column]
    if column in SUGGESTED:
        attributes["list"] = SUGGESTED[column]
    if column in CHOICES:
        widget: forms.Widget = ChoiceOrPresent(choices=CHOICES[column])
    elif column in LONG:
        widget = forms.Textarea(attrs={**attributes, "rows": 2})
    else:
        widget = forms.TextInput(attrs=attributes)
    most = MOST_OF_KEY if column in KEYS else None
    return TermField(label=_(label), widget=widget, help_text=HELP.get(column, ""), max_length=most)


def _read_while_typing(fields: Mapping[str, forms.Field]) -> None:
    """Let htmx ask under which value a typed text is understood (occurrences:read)."""
    for group in READ_TOGETHER:
        for column in group:
            fields[column].widget.attrs |= _asked(column, group)


def _asked(column: str, group: Iterable[str]) -> dict[str, str]:
    return {
        "hx-post": reverse("occurrences:read"),
        "hx-trigger": "change",
        "hx-target": f"#id_{column}_read",
        "hx-swap": "outerHTML",
        "hx-include": ", ".join(f"[name={name}]" for name in group),
        "hx-params": ", ".join(group),
    }
