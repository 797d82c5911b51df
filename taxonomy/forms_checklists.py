"""The form that a checklist is uploaded with."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from taxonomy.models import Checklist

MOST_BYTES = 2 * 1024**3
KINDS = ".csv,.tsv,.txt,.tab,.zip,.gz,.tgz,.tar"


class ChecklistForm(forms.Form):
    """One file, whose list it is, and which release."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": KINDS}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("The file is empty. Choose one with a row of column names."),
        },
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=100,
        help_text=gettext_lazy("Whose list it is, the same for every release: Catalogue of Life."),
        widget=forms.TextInput(attrs={"list": "sources", "autocomplete": "off"}),
    )
    release = forms.CharField(
        label=gettext_lazy("Release"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Its version or date, such as 2026-10."),
    )
    kingdom = forms.CharField(
        label=gettext_lazy("Kingdom of names that state none"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Plantae, Animalia, Fungi … Keeps names of other kingdoms apart."),
    )

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is larger than this page takes."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            message = _("The file is larger than %(most)s. Load it with the command.")
            raise forms.ValidationError(message % {"most": filesizeformat(MOST_BYTES)})
        return file


def known_sources() -> list[str]:
    """Return the sources that there are, to choose from."""
    return sorted(set(Checklist.objects.order_by().values_list("source", flat=True)))
