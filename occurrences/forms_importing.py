"""The two forms of an import: the file, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from darwincore.terms import OCCURRENCE_ROW, simple_name, term_named
from occurrences import mapping
from occurrences.models import ImportRun

MOST_BYTES = 1024**3
KINDS = ".csv,.tsv,.txt,.tab,.zip"
Key = ImportRun.Key
Mode = ImportRun.Mode


class UploadForm(forms.Form):
    """One file, no larger than MOST_BYTES."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=300,
        widget=forms.FileInput(attrs={"accept": KINDS, "data-most": str(MOST_BYTES)}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("The file is empty. Choose one with a row of column names."),
            "max_length": gettext_lazy("The file's name is too long. Give it a shorter one."),
        },
    )

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is larger than this page takes."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            too_large = _(
                "The file has %(size)s; up to %(most)s can be uploaded here. Pack it as a .zip, "
                "or split it into several files."
            )
            sizes = {"size": filesizeformat(file.size or 0), "most": filesizeformat(MOST_BYTES)}
            raise forms.ValidationError(too_large % sizes)
        return file


class Column(NamedTuple):
    """One column of the file beside the field that says what it means."""

    header: str
    samples: list[str]
    filled: int
    field: forms.BoundField
    guessed: bool


class TargetSelect(forms.Select):
    """A select with some 200 options, written in one go: a wide file has a hundred of them."""

    options: list[tuple[str, list[tuple[str, str]]]]  # type: ignore[assignment]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the whole select, the options of each group written by one call."""
        chosen = str(value or "")
        given = {**self.build_attrs(self.attrs, attrs), "name": name}
        attributes = format_html_join(" ", '{}="{}"', given.items())
        groups = format_html_join(
            "\n",
            "{}",
            ((_group(label, options, chosen),) for label, options in self.options),
        )
        return format_html("<select {}>{}</select>", attributes, groups)


def _group(label: str, options: list[tuple[str, str]], chosen: str) -> SafeString:
    lines = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        (
            (value, mark_safe(" selected") if value == chosen else "", text)
            for value, text in options
        ),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', label, lines) if label else lines


class MappingForm(forms.Form):
    """What each column means, what a row is recognised by, and what a blank cell does."""

    key = forms.ChoiceField(
        label=gettext_lazy("A row is recognised by"), widget=forms.RadioSelect, choices=Key.choices
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Where the record is already here"),
        widget=forms.RadioSelect,
        choices=Mode.choices,
    )

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        super().__init__(data, initial={"key": run.key or Key.CONTENT, "mode": run.mode})
        self.run = run
        self.core = run.source["tables"][0]
        given = mapping.choices(entry["term"] for entry in run.mapping)
        for at, entry in enumerate(run.mapping):
            self.fields[f"column{at}"] = self._field(at, entry, given)

    def _field(self, at: int, entry: dict[str, str], given: list[Any]) -> forms.ChoiceField:
        choices = _with_own_identifier(given, entry["column"])
        name = entry["column"] or _("Column %(number)d") % {"number": at + 1}
        select = TargetSelect({"aria-label": _("Column “%(name)s” means") % {"name": name}})
        select.options = choices
        return forms.ChoiceField(
            label=name, choices=choices, required=False, initial=entry["term"], widget=select
        )

    def columns(self) -> Iterator[Column]:
        """Yield the columns in the order of the file."""
        samples = self.core["samples"]
        guessed = mapping.guess(self.core["headers"], samples)
        for at, entry in enumerate(self.run.mapping):
            header, target = entry["column"], entry["term"]
            uncertain = not term_named(header) and mapping.fold(target) != mapping.fold(header)
            yield Column(
                header,
                samples[at],
                self.core["filled"][at],
                self[f"column{at}"],
                bool(target and uncertain and guessed[at]["term"] == target),
            )

    def clean(self) -> dict[str, Any]:
        """Refuse two columns for one target, a table of no records, a key that isn't there."""
        chosen: dict[str, int] = {}
        for at in range(len(self.run.mapping)):
            target = self.cleaned_data.get(f"column{at}")
            if not target:
                continue
            if target in chosen:
                self._twice(at, chosen[target], target)
            chosen.setdefault(target, at)
        targets = [*chosen, *(simple_name(name) for name in self.core["constants"])]
        self._must_tell_of_specimens(targets)
        self._must_have_key(targets)
        return self.cleaned_data

    def _twice(self, at: int, first: int, target: str) -> None:
        twice = _("The column “%(other)s” means %(label)s already. Choose one of the two.")
        other = self.fields[f"column{first}"].label
        told = {"other": other, "label": mapping.label(target)}
        self.add_error(f"column{at}", twice % told)

    def _must_tell_of_specimens(self, targets: list[str]) -> None:
        declared = self.core["row_type"] == OCCURRENCE_ROW and self.run.source["kind"] == "archive"
        if not mapping.is_occurrence_table(targets, declared=declared):
            self.add_error(
                None,
                _(
                    "These columns tell of no specimen. Say which one holds the Catalog Number, "
                    "the Collector, the Date or the Locality."
                ),
            )

    def _must_have_key(self, targets: list[str]) -> None:
        key = self.cleaned_data.get("key")
        joined = self.core["id_index"] is not None
        if key in (None, Key.CONTENT) or key in targets or (key == Key.SOURCE_ID and joined):
            return
        missing = _("No column means %(label)s. Map one to it, or recognise rows another way.")
        self.add_error("key", missing % {"label": Key(key).label})

    def save(self) -> ImportRun:
        """Keep what was chosen; what an earlier check found no longer counts."""
        run = self.run
        run.mapping = [
            {"column": entry["column"], "term": self.cleaned_data[f"column{at}"]}
            for at, entry in enumerate(run.mapping)
        ]
        run.key, run.mode = self.cleaned_data["key"], self.cleaned_data["mode"]
        run.state = ImportRun.State.STAGED
        run.save(update_fields=["mapping", "key", "mode", "state"])
        return run


def _with_own_identifier(given: list[Any], header: str) -> list[Any]:
    """Return the choices with "an additional identifier named as this column is"."""
    own = mapping.IDENTIFIER + header.strip()
    if not mapping.is_target(own):
        return given
    (_blank, unmapped), (keys, options), *rest = given
    label = _("Additional identifier “%(name)s”") % {"name": header.strip()}
    others = [(value, text) for value, text in options if value != own]
    return [("", unmapped), (keys, [*others, (own, label)]), *rest]
