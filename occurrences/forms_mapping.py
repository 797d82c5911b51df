"""What the columns of a file mean, what a row is recognised by, and what a blank cell does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from darwincore import detection, terms
from darwincore.terms import OCCURRENCE_ROW, simple_name
from occurrences import keys, mapping, targets
from occurrences.columns import Columns
from occurrences.models import ImportRun
from occurrences.parts import PARTS

Key = ImportRun.Key
Mode = ImportRun.Mode
KEYS = 3
SHOWN = 3
MOST_CONSTANTS = 40

_ANSWERS = (
    ("catalogNumber", gettext_lazy("the barcode or number of each specimen")),
    (targets.ACCESSION, gettext_lazy("the accession number of a sheet or gathering")),
    (targets.LOT, gettext_lazy("the number of a lot that several specimens share")),
)
_JOINERS = {
    "": gettext_lazy("as usual"),
    "first": gettext_lazy("the first that is filled"),
    "comma": gettext_lazy("a comma between them"),
    "semicolon": gettext_lazy("a semicolon between them"),
    "bar": gettext_lazy("a bar | between them"),
    "blank": gettext_lazy("a blank between them"),
    "nothing": gettext_lazy("nothing between them"),
    "line": gettext_lazy("a line each"),
}
_DECISIONS = {
    "day_first": (
        gettext_lazy("Day first: 3/4 is 3 April"),
        gettext_lazy("Month first: 3/4 is March 4"),
    ),
    "decimal_comma": (
        gettext_lazy("The comma is the decimal sign"),
        gettext_lazy("Commas part thousands"),
    ),
    "excel_serial": (gettext_lazy("Read the numbers as dates"), gettext_lazy("They are no dates")),
}


class TargetField(forms.CharField):
    """What a column means, as shown or by its name: one of the targets of `occurrences.mapping`."""

    def __init__(self, **given: Any) -> None:
        attributes = {
            "list": "targets",
            "autocomplete": "off",
            "spellcheck": "false",
            "data-target": "",
        }
        given["widget"] = forms.TextInput(attributes | given.pop("attributes", {}))
        super().__init__(required=False, max_length=300, **given)

    def prepare_value(self, value: Any) -> Any:
        return targets.shown(value) if mapping.is_target(value or "") else value

    def clean(self, value: Any) -> Any:
        """Return the target; refuse what is none."""
        target = targets.read(super().clean(value))
        if target is None:
            raise forms.ValidationError(_("Choose what the column means from the list."))
        return target


class Decision(NamedTuple):
    """What the cells of a column say together, and a field to say otherwise, or None."""

    text: str
    samples: list[str]
    asks: bool
    field: forms.BoundField | None


class Column(NamedTuple):
    """One column of the file beside the fields that say what it means."""

    header: str
    samples: list[str]
    filled: int
    field: forms.BoundField
    meaning: str
    by: str
    answer: forms.BoundField | None
    joined: forms.BoundField
    left: forms.BoundField | None
    decisions: list[Decision]


class Constant(NamedTuple):
    term: forms.BoundField
    text: forms.BoundField


class MappingForm(forms.Form):
    """What each column means, what every row says, what rows are recognised by, and the mode."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Where the record is already here"),
        widget=forms.RadioSelect,
        choices=Mode.choices,
    )
    keep_rest = forms.BooleanField(
        label=gettext_lazy("Keep all columns that are not imported in Dynamic Properties"),
        required=False,
    )

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        super().__init__(data, initial={"mode": run.mode})
        self.run = run
        self.adds = run.brings != ImportRun.Brings.RECORDS
        if self.adds:
            del self.fields["mode"], self.fields["keep_rest"]
        self.core = run.source["tables"][0]
        self.evidence = {int(at): found for at, found in self.core.get("evidence", {}).items()}
        for at, entry in enumerate(run.mapping):
            self._add_column(at, entry)
        for place in range(KEYS):
            self._add_key(place)
        for place in range(self._number_of_constants()):
            self._add_constant(place)

    def _add_column(self, at: int, entry: Mapping[str, Any]) -> None:
        name = entry["column"] or _("Column %(number)d") % {"number": at + 1}
        label = _("Column “%(name)s” means") % {"name": name}
        asks = entry.get("ask")
        self.fields[f"column{at}"] = TargetField(
            label=name,
            initial="" if asks else entry["term"],
            attributes={
                "aria-label": label,
                "aria-describedby": f"meaning{at}",
                "placeholder": _("or another meaning") if asks else self._blank(),
            },
        )
        self.fields[f"joined{at}"] = forms.ChoiceField(
            label=_("Joined by"),
            choices=list(_JOINERS.items()),
            required=False,
            initial=entry.get("joined", ""),
        )
        if self.adds:
            self.fields[f"left{at}"] = forms.BooleanField(
                label=_("leave this column out"),
                required=False,
                initial=bool(entry.get("left")),
                widget=forms.CheckboxInput(
                    {"aria-label": _("Leave “%(name)s” out") % {"name": name}}
                ),
            )
        if asks:
            self.fields[f"answer{at}"] = forms.ChoiceField(
                label=_("What are these numbers?"),
                choices=_ANSWERS,
                required=False,
                widget=forms.RadioSelect,
            )
        for part in _DECISIONS.keys() & self.evidence.get(at, {}).keys():
            self.fields[f"{part}{at}"] = self._decision(at, part)

    def _blank(self) -> str:
        """Return what becomes of a column without a meaning."""
        own = (ImportRun.Brings.MEASUREMENTS, ImportRun.Brings.ASSOCIATIONS)
        return _("under its own name") if self.run.brings in own else _("not imported")

    def _decision(self, at: int, part: str) -> forms.ChoiceField:
        yes, no = _DECISIONS[part]
        decided = self.run.reading.get(part, {}).get(str(at))
        initial = {True: "yes", False: "no"}.get(decided, "")
        options = [("", _("As the cells say")), ("yes", yes), ("no", no)]
        label = _("How column “%(name)s” is read") % {"name": self.core["headers"][at]}
        return forms.ChoiceField(
            label=label,
            choices=options,
            required=False,
            initial=initial,
            widget=forms.Select({"aria-label": label}),
        )

    def _add_key(self, place: int) -> None:
        labels = [_("first by"), _("else by"), _("else by")]
        tags = [t["term"] for t in self.run.mapping if t["term"].startswith(mapping.IDENTIFIER)]
        options = [*Key.choices, *((tag, targets.shown(tag)) for tag in dict.fromkeys(tags))]
        initial = self.run.keys[place] if place < len(self.run.keys) else ""
        if place:
            options = [("", "–"), *options]
        self.fields[f"key{place}"] = forms.ChoiceField(
            label=labels[place], choices=options, required=not place, initial=initial
        )

    def _number_of_constants(self) -> int:
        sent = [name for name in self.data if name.startswith("constant_term")]
        return min(MOST_CONSTANTS, max(len(sent), len(self.run.constants) + 1))

    def _add_constant(self, place: int) -> None:
        said = list(self.run.constants.items())
        term, text = said[place] if place < len(said) else ("", "")
        self.fields[f"constant_term{place}"] = TargetField(
            label=_("Term"), initial=term, attributes={"data-constant": ""}
        )
        self.fields[f"constant_text{place}"] = forms.CharField(
            label=_("What every row says"), required=False, initial=text, max_length=2000
        )

    # What the page shows

    def columns(self) -> Iterator[Column]:
        """Yield the columns in the order of the file."""
        for at, entry in enumerate(self.run.mapping):
            bound = self[f"column{at}"]
            target = targets.read(str(bound.value() or "")) or ""
            yield Column(
                entry["column"],
                self.core["samples"][at][:SHOWN],
                self.core["filled"][at],
                bound,
                mapping.meaning(target) if target else "",
                entry.get("by", "") if target else "",
                self[f"answer{at}"] if f"answer{at}" in self.fields else None,
                self[f"joined{at}"],
                self[f"left{at}"] if self.adds else None,
                list(self._decisions(at)),
            )

    def _decisions(self, at: int) -> Iterator[Decision]:
        for said in detection.describe(self.evidence.get(at, {}), ngettext):
            name = f"{said['part']}{at}"
            field = self[name] if name in self.fields else None
            samples = [
                " → ".join(map(str, s)) if isinstance(s, list) else s for s in said["samples"]
            ]
            yield Decision(said["text"], samples, said["asks"], field)

    def keys(self) -> list[forms.BoundField]:
        return [self[f"key{place}"] for place in range(KEYS)]

    def constants(self) -> list[Constant]:
        places = range(self._number_of_constants())
        return [Constant(self[f"constant_term{n}"], self[f"constant_text{n}"]) for n in places]

    def offered(self) -> list[targets.Offered]:
        """Return what the fields offer: also an identifier of each column's own name."""
        own = [mapping.IDENTIFIER + entry["column"].strip() for entry in self.run.mapping]
        extra = [*(entry["term"] for entry in self.run.mapping), *filter(mapping.is_target, own)]
        return list(targets.offered([targets.ACCESSION, targets.LOT, *extra]))

    # What a person sends

    def clean(self) -> dict[str, Any]:
        """Refuse an unanswered question, a table of no records, a key that isn't there."""
        for at in range(len(self.run.mapping)):
            self._take_answer(at)
        chosen = [
            "" if self.cleaned_data.get(f"left{at}") else self.cleaned_data.get(f"column{at}", "")
            for at in range(len(self.run.mapping))
        ]
        self._clean_constants()
        if not self.errors:
            found = [*filter(None, chosen), *self.cleaned_data["constants"]]
            found += [simple_name(name) for name in self.core["constants"]]
            self._must_tell_of_specimens(found)
            self._must_have_keys(found)
        return self.cleaned_data

    def _take_answer(self, at: int) -> None:
        if f"answer{at}" not in self.fields:
            return
        answer = self.cleaned_data.get(f"answer{at}")
        if answer and not self.cleaned_data.get(f"column{at}"):
            self.cleaned_data[f"column{at}"] = answer
        elif not self.cleaned_data.get(f"column{at}") and not self.errors.get(f"column{at}"):
            self.add_error(f"column{at}", _("Say what these numbers are."))

    def _clean_constants(self) -> None:
        found: dict[str, str] = {}
        for place in range(self._number_of_constants()):
            term = self.cleaned_data.get(f"constant_term{place}")
            text = self.cleaned_data.get(f"constant_text{place}")
            if term and text:
                if term not in terms.BY_NAME and term not in PARTS:
                    self.add_error(f"constant_term{place}", _("Choose a term from the list."))
                found[term] = text
            elif text:
                self.add_error(f"constant_term{place}", _("Say which term this is."))
        self.cleaned_data["constants"] = found

    def _must_tell_of_specimens(self, found: list[str]) -> None:
        declared = self.core["row_type"] == OCCURRENCE_ROW and self.run.source["kind"] == "archive"
        spoken = Columns([{"term": name} for name in found], {}, found, {}).terms
        if self.run.brings == ImportRun.Brings.RECORDS and not mapping.is_occurrence_table(
            spoken, declared=declared
        ):
            self.add_error(
                None,
                _(
                    "These columns tell of no specimen. Say which one holds the Catalog Number, "
                    "the Collector, the Date or the Locality."
                ),
            )

    def _must_have_keys(self, found: list[str]) -> None:
        joined = self.core["id_index"] is not None
        order = [key for key in (self.cleaned_data.get(f"key{n}") for n in range(KEYS)) if key]
        for place in range(KEYS):
            key = self.cleaned_data.get(f"key{place}")
            if key and not keys.has_key(key, found, with_core_id=joined):
                missing = _(
                    "No column means %(label)s. Map one to it, or recognise rows another way."
                )
                label = Key(key).label if key in Key.values else targets.shown(key)
                self.add_error(f"key{place}", missing % {"label": label})
        self.cleaned_data["keys"] = list(dict.fromkeys(order))
        if self.adds and not self.errors and set(order) <= {Key.CONTENT}:
            self.add_error(
                "key0", _("Say which column names a record; the rows are added to records by it.")
            )

    def save(self) -> ImportRun:
        """Keep what was chosen; what an earlier check found no longer counts."""
        run, cleaned = self.run, self.cleaned_data
        run.mapping = [self._entry(at, entry) for at, entry in enumerate(run.mapping)]
        run.keys, run.constants = cleaned["keys"], cleaned["constants"]
        run.mode = cleaned.get("mode", run.mode)
        run.reading = {**run.reading, **self._read_as()}
        run.state = ImportRun.State.STAGED
        run.save(update_fields=["mapping", "keys", "mode", "constants", "reading", "state"])
        return run

    def _entry(self, at: int, entry: Mapping[str, Any]) -> dict[str, Any]:
        target = self.cleaned_data[f"column{at}"]
        if not target and self.cleaned_data.get("keep_rest") and self.core["filled"][at]:
            target = mapping.KEPT
        kept: dict[str, Any] = {"column": entry["column"], "term": target}
        if joined := self.cleaned_data.get(f"joined{at}"):
            kept["joined"] = joined
        if self.cleaned_data.get(f"left{at}"):
            kept |= {"term": "", "left": True}
        return kept

    def _read_as(self) -> dict[str, dict[str, bool]]:
        """Return what was decided of columns, by kind of decision and column."""
        found: dict[str, dict[str, bool]] = {}
        for part in _DECISIONS:
            said = {
                str(at): self.cleaned_data[f"{part}{at}"] == "yes"
                for at in self.evidence
                if self.cleaned_data.get(f"{part}{at}")
            }
            found[part] = said
        return found
