"""The file of an import, and how it is to be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections.models import Collection
from darwincore.issues import Refused
from darwincore.reader import pasted
from occurrences.models import ImportProfile, ImportRun

MOST_BYTES = 1024**3
MOST_PASTED = 2_000_000
KINDS = ".csv,.tsv,.txt,.tab,.zip,.xlsx,.ods"


class UploadForm(forms.Form):
    """One file, no larger than MOST_BYTES, or pasted rows; what it brings, and by which profile."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        max_length=300,
        widget=forms.FileInput(attrs={"accept": KINDS, "data-most": str(MOST_BYTES)}),
        error_messages={
            "empty": gettext_lazy("The file is empty. Choose one with a row of column names."),
            "max_length": gettext_lazy("The file's name is too long. Give it a shorter one."),
        },
    )
    rows = forms.CharField(
        label=gettext_lazy("Rows copied from a spreadsheet"),
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "code"}),
    )
    brings = forms.ChoiceField(
        label=gettext_lazy("What the file brings"),
        required=False,
        choices=ImportRun.Brings.choices,
    )
    profile = forms.ModelChoiceField(
        label=gettext_lazy("Read it as"),
        queryset=ImportProfile.objects.none(),
        required=False,
        empty_label=gettext_lazy("a new kind of file: I say what its columns mean"),
    )

    def __init__(self, collection: Collection, user: Any, *given: Any) -> None:
        super().__init__(*given)
        mine = ImportProfile.objects.managed_by(user).filter(collection=collection)
        self.fields["profile"].queryset = mine  # type: ignore[attr-defined]
        if not mine.exists():
            del self.fields["profile"]

    def clean_file(self) -> UploadedFile | None:
        """Refuse a file that is larger than this page takes."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file and (file.size or 0) > MOST_BYTES:
            too_large = _(
                "The file has %(size)s; up to %(most)s can be uploaded here. Pack it as a .zip, "
                "or split it into several files."
            )
            sizes = {"size": filesizeformat(file.size or 0), "most": filesizeformat(MOST_BYTES)}
            raise forms.ValidationError(too_large % sizes)
        return file

    def clean(self) -> dict[str, Any]:
        """Take pasted rows where there is no file."""
        cleaned = self.cleaned_data
        if "file" not in self.errors and not cleaned.get("file"):
            try:
                cleaned["file"] = ContentFile(pasted(cleaned.get("rows", "")), _("Pasted rows.tsv"))
            except Refused:
                self.add_error("file", _("Choose a file first."))
        return cleaned


_ENCODINGS = (
    ("", gettext_lazy("as found")),
    ("utf-8", "UTF-8"),
    ("cp1252", gettext_lazy("Windows-1252 (Western Europe)")),
    ("iso-8859-1", "ISO-8859-1 (Latin-1)"),
    ("iso-8859-15", "ISO-8859-15 (Latin-9)"),
    ("cp1250", gettext_lazy("Windows-1250 (Central Europe)")),
    ("cp1251", gettext_lazy("Windows-1251 (Cyrillic)")),
    ("mac_roman", gettext_lazy("Mac Roman")),
    ("utf-16", "UTF-16"),
)
_DELIMITERS = (
    ("", gettext_lazy("as found")),
    (",", gettext_lazy("commas")),
    (";", gettext_lazy("semicolons")),
    ("tab", gettext_lazy("tabs")),
    ("|", gettext_lazy("bars |")),
)


# Refusals that another way to read the file may overcome.
_MENDABLE = frozenset(
    (
        "NO_OCCURRENCE_TABLE TABLE_OF_NAMES NO_ROWS FILE_EMPTY FILE_NOT_TEXT LINE_TOO_LONG "
        "CELL_TOO_LONG ROW_UNREADABLE TOO_MANY_COLUMNS ENCODING_UNKNOWN SEPARATOR_UNUSABLE "
        "SHEET_MISSING"
    ).split()
)


class ReadingForm(forms.Form):
    """What a person decides about how a file is read; whatever is left as found stays so.

    Of a refused file it has the fields that may help: none where no way to read it would.
    """

    encoding = forms.ChoiceField(label=gettext_lazy("Letters"), choices=_ENCODINGS, required=False)
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Columns are parted by"), choices=_DELIMITERS, required=False
    )
    header = forms.ChoiceField(label=gettext_lazy("The first row"), required=False)
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False)
    repair = forms.ChoiceField(label=gettext_lazy("Spoilt letters"), required=False)
    nothing = forms.ChoiceField(label=gettext_lazy("Cells that say NA"), required=False)
    anyway = forms.BooleanField(
        label=gettext_lazy("It does list specimens: I say what its columns mean"), required=False
    )

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        said = {name: _as_text(run.reading.get(name)) for name in self.base_fields}
        super().__init__(data, initial=said)
        self.run = run
        self.found: dict[str, Any] = run.source.get("found", {})
        self._choices("header", _("names the columns"), _("is a record already"))
        self._choices("repair", _("are mended"), _("stay as they are"))
        self._choices("nothing", _("are blank"), _("stay as they are"))
        sheets = [(sheet["name"], sheet["name"]) for sheet in self.found.get("sheets", ())]
        self.fields["sheet"].choices = [("", _("as found")), *sheets]  # type: ignore[attr-defined]
        for name in list(self.fields):
            if not self._matters(name):
                del self.fields[name]

    def _matters(self, name: str) -> bool:
        """Tell whether a field could change how this file is read."""
        if refusal := self.run.source.get("refused"):
            if refusal not in _MENDABLE:
                return False
            if name == "anyway":
                return refusal in ("NO_OCCURRENCE_TABLE", "TABLE_OF_NAMES")
            if name in ("encoding", "delimiter", "header"):
                return name == "header" or not self.found.get("sheets")
        return bool(self.found.get({"sheet": "sheets", "repair": "mojibake"}.get(name, name)))

    def _choices(self, name: str, yes: str, no: str) -> None:
        options = [("", _("as found")), ("yes", yes), ("no", no)]
        self.fields[name].choices = options  # type: ignore[attr-defined]

    def save(self) -> ImportRun:
        """Keep the decisions; the file must be read again."""
        run = self.run
        decided = {k: _as_decided(v) for k, v in self.cleaned_data.items() if v}
        if run.reading.get("anyway"):
            decided["anyway"] = True
        # What was decided of columns may be of other columns now.
        run.reading, run.state = decided, ImportRun.State.UPLOADED
        run.save(update_fields=["reading", "state"])
        return run


def _as_text(value: Any) -> str:
    return (
        {True: "yes", False: "no", None: ""}.get(value, "yes")
        if not isinstance(value, str)
        else value
    )


def _as_decided(text: str) -> Any:
    return {"yes": True, "no": False}.get(text, text)
