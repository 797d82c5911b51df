"""The form in which a collection's administrators say what it is."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from biocollections import metadata
from biocollections.models import Collection, Contact

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_web_address = URLValidator(schemes=["http", "https"])


class LinksField(forms.CharField):
    """Links, one on each line: the title, a bar, the address."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{link.get('title', '')} | {link['url']}" for link in value)

    def to_python(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]
        lines = filter(None, map(str.strip, (super().to_python(value) or "").splitlines()))
        return [self._link(line) for line in lines]

    def _link(self, line: str) -> dict[str, str]:
        title, _bar, address = line.rpartition("|")
        try:
            _web_address(address.strip())
        except ValidationError:
            message = _("“%(line)s” is no link. Write: Title | https://example.org/")
            raise ValidationError(message, params={"line": line}) from None
        return {"title": title.strip() or address.strip(), "url": address.strip()}


class MetadataForm(forms.ModelForm):  # type: ignore[type-arg]
    """Everything but the codes, which records and addresses hang on."""

    links = LinksField(
        label=_("Links"),
        required=False,
        max_length=5000,
        help_text=_("One on each line: Title | https://example.org/"),
    )

    class Meta:
        model = Collection
        fields = metadata.FIELDS
        widgets = {
            "description": forms.Textarea(attrs={"rows": 6}),
            "bibliographic_citation": forms.Textarea(attrs={"rows": 2}),
            "accepting_how": forms.Textarea(attrs={"rows": 3}),
            "latitude": forms.TextInput(attrs={"inputmode": "decimal"}),
            "longitude": forms.TextInput(attrs={"inputmode": "decimal"}),
        }
        help_texts = {
            "description": _("Plain text. An empty line begins a paragraph."),
            "is_public": _("Without it, only people with a role in it see the collection at all."),
            "public_edits": _(
                "Whoever has signed in may suggest corrections, which change nothing before you "
                "take them over, and comment without waiting for you."
            ),
            "private_records": _("Only its editors see them, until somebody makes them public."),
            "guid_source": _("What occurrenceID is published under."),
            "grscicoll_id": _("Its address in GRSciColl, for one."),
            "source_record_url": _("A record at its source; --CATALOGNUMBER-- is its number."),
            "accepting_how": _("Labels, barcodes, permits, when to ask before sending."),
            "accepting_contact": _("A person, and an e-mail address or telephone."),
        }

    def clean_source_record_url(self) -> str:
        """Accept an address of the web, and nothing that a browser would run."""
        address: str = self.cleaned_data["source_record_url"]
        if address and not address.lower().startswith(("http://", "https://")):
            raise ValidationError(_("Begin with https:// or http://."))
        return address

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (cleaned.get("latitude") is None) != (cleaned.get("longitude") is None):
            self.add_error("longitude", _("Give both latitude and longitude, or neither."))
        for name, least, most in (("latitude", -90, 90), ("longitude", -180, 180)):
            value = cleaned.get(name)
            if value is not None and not least <= value <= most:
                message = _("Write a number from %(least)s to %(most)s.")
                error = ValidationError(message, params={"least": least, "most": most})
                self.add_error(name, error)
        return cleaned


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Contact
        fields = metadata.CONTACT_FIELDS

    def clean_orcid(self) -> str:
        orcid: str = self.cleaned_data["orcid"].strip()
        if orcid and not _ORCID.fullmatch(orcid):
            raise ValidationError(_("An ORCID looks like 0000-0002-1825-0097."))
        return orcid


ContactFormSet = forms.formset_factory(
    ContactForm, extra=1, can_delete=True, max_num=30, validate_max=True
)


class CollectionForm:
    """The metadata form and its contacts as one: both are valid, or nothing is saved."""

    def __init__(self, collection: Collection, seen: metadata.Told, data: Any = None) -> None:
        self.metadata = MetadataForm(data, instance=collection)
        self.contacts = ContactFormSet(data, initial=seen["contacts"], prefix="contact")

    def is_valid(self) -> bool:
        return all([self.metadata.is_valid(), self.contacts.is_valid()])

    @property
    def wanted(self) -> metadata.Told:
        """What a valid form asks for, as `metadata.told` would tell it."""
        cleaned = self.metadata.cleaned_data
        values = {name: metadata.plain(cleaned[name]) for name in metadata.FIELDS}
        people = [
            {name: person[name] for name in metadata.CONTACT_FIELDS}
            for person in self.contacts.cleaned_data
            if person.get("last_name") and not person.get("DELETE")
        ]
        return {**values, "contacts": people}
