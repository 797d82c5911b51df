"""The forms of import profiles: a name, and how a source is asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections.models import Collection
from darwincore import retrieving
from darwincore.retrieving import NotFetched, archive_of
from occurrences import fetching
from occurrences.models import ImportProfile, ImportRun

Kind = ImportProfile.Kind
Missing = ImportProfile.Missing


def _address(text: str) -> str:
    """Return the address of the archive that `text` leads to, or refuse what is no address."""
    address = archive_of(text)
    try:
        retrieving.must_be_fetchable(address)
    except NotFetched as trouble:
        raise forms.ValidationError(fetching.problem(trouble)) from None
    return address


class AddressForm(forms.Form):
    """Where a file stands."""

    url = forms.CharField(
        label=gettext_lazy("Web address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy(
            "Of an archive or a table; of a resource's page on an IPT; or of a collection's page "
            "on a Symbiota portal."
        ),
    )

    def clean_url(self) -> str:
        """Return the address of the archive itself."""
        return _address(self.cleaned_data["url"])


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name under which a source is kept."""

    class Meta:
        model = ImportProfile
        fields: tuple[str, ...] = ("name",)
        labels = {"name": gettext_lazy("Name of the source")}

    def __init__(self, collection: Collection, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.collection = collection

    def clean_name(self) -> str:
        """Refuse a name that another profile of the collection has."""
        name: str = self.cleaned_data["name"].strip()
        others = self.collection.import_profiles.exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("This collection has a profile of that name already."))
        return name


class ProfileForm(NameForm):
    """All of a profile but its mapping, which an import that is mapped gives it."""

    class Meta(NameForm.Meta):
        fields = ("name", "url", "mode", "missing", "schedule")
        labels = {
            "name": gettext_lazy("Name of the source"),
            "mode": gettext_lazy("Where the record is already here"),
            "missing": gettext_lazy("Records that the source no longer has"),
            "schedule": gettext_lazy("The source is asked"),
        }
        field_classes = {"url": forms.CharField}
        widgets = {"url": forms.URLInput(attrs={"placeholder": "https://"})}

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["url"].label = _("Web address")
        self.fields["url"].required = False
        self.fields["url"].help_text = _("Blank: files of this source are uploaded.")
        modes = [choice for choice in ImportRun.Mode.choices if choice[0] != ImportRun.Mode.COPIES]
        if self.instance.mode != ImportRun.Mode.COPIES:
            self.fields["mode"].choices = modes  # type: ignore[attr-defined]
        self.fields["schedule"].choices = ImportProfile.Schedule.choices  # type: ignore[attr-defined]

    def clean_url(self) -> str:
        """Return the address of the archive itself, or blank."""
        url: str = self.cleaned_data["url"]
        return _address(url) if url else ""

    def clean(self) -> dict[str, Any]:
        """Refuse a schedule without an address to ask."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("schedule") and not cleaned.get("url") and "url" not in self.errors:
            self.add_error("url", _("Say where the source stands, or have it asked by hand."))
        return cleaned

    def keep(self, user: Any) -> ImportProfile:
        """Save what was said; a schedule works for the person who set it."""
        profile: ImportProfile = self.save(commit=False)
        profile.kind = Kind.URL if profile.url else Kind.FILE
        if "schedule" in self.changed_data and profile.schedule:
            profile.user = user
        profile.save()
        return profile
