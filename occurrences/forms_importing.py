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
    """A select with some 200 options, all written once for the hundred columns of a wide file."""

    written = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the select with the option of `value` chosen."""
        given = {**self.build_attrs(self.attrs, attrs), "name": name}
        attributes = format_html_join(" ", '{}="{}"', given.items())
        option = format_html('<option value="{}"', value or "")
        options = self.written.replace(f"{option}>", f"{option} selected>", 1)
        return format_html("<select {}>{}</select>", attributes, mark_safe(options))  # noqa: S308


def _written(options: list[tuple[str, str]], group: Any = "") -> SafeString:
    lines = format_html_join("", '<option value="{}">{}</option>', options)
    return format_html('<optgroup label="{}">{}</optgroup>', group, lines) if group else lines


class TargetField(forms.CharField):
    """What a column means: one of the targets of `occurrences.mapping`."""

    def clean(self, value: Any) -> Any:
        """Return the target; refuse what is none."""
        target = super().clean(value)
        if not mapping.is_target(target):
            raise forms.ValidationError(_("Choose what the column means from the list."))
        return target


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
        (_blank, unmapped), *groups = mapping.choices(entry["term"] for entry in run.mapping)
        first = _written(unmapped)
        others = format_html_join("", "{}", ((_written(each, name),) for name, each in groups))
        for at, entry in enumerate(run.mapping):
            self.fields[f"column{at}"] = self._field(at, entry, first, others)

    def _field(
        self, at: int, entry: dict[str, str], first: SafeString, others: SafeString
    ) -> forms.Field:
        name = entry["column"] or _("Column %(number)d") % {"number": at + 1}
        select = TargetSelect({"aria-label": _("Column “%(name)s” means") % {"name": name}})
        select.written = first + _own_identifier(entry) + others
        return TargetField(label=name, required=False, initial=entry["term"], widget=select)

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


def _own_identifier(entry: dict[str, str]) -> SafeString:
    """Return the option of an additional identifier that is named as the column is."""
    name = entry["column"].strip()
    own = mapping.IDENTIFIER + name
    if not mapping.is_target(own) or entry["term"] == own:
        return _written([])
    return _written([(own, _("Additional identifier “%(name)s”") % {"name": name})])
