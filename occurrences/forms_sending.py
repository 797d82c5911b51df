"""The forms by which records are sent: who gets them and how, and the parcel they come in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections import requesting
from biocollections.accepting import COPY, FILE, TRANSFER, accepts
from biocollections.models import Collection
from occurrences import numbering
from occurrences.models import Occurrence, Offer, Sending
from occurrences.offering import Recipient

MOST_RECIPIENTS = 20
MOST_FILES = 10
PACKAGE = "package"
WAYS = [
    (TRANSFER, gettext_lazy("Transfer: the record goes there")),
    (COPY, gettext_lazy("Copy: I keep mine")),
    (PACKAGE, gettext_lazy("Package: a file")),
]
_PART = " – "  # between a collection's code and its name, as it is offered while typing


def shown(collection: Collection) -> str:
    """Return a collection as the field of a recipient writes it."""
    return f"{collection.code}{_PART}{collection.name}"


def find(user: Any, text: str) -> Collection | None:
    """Return the collection that a typed text means: by its code, its name, or both."""
    visible = Collection.objects.visible_to(user)
    for asked in (text.partition(_PART)[0].strip(), text):
        if found := visible.filter(code__iexact=asked).first():
            return found
    named = list(visible.filter(name__iexact=text)[:2])
    return named[0] if len(named) == 1 else None


def _collection_field(label: Any, **options: Any) -> forms.CharField:
    """Return a field in which collections are offered while somebody types (suggest.js)."""
    attributes = {
        "data-suggest": reverse_lazy("occurrences:recipients"),
        "autocomplete": "off",
        "role": "combobox",
        "aria-autocomplete": "list",
        "aria-expanded": "false",
    }
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(label=label, max_length=250, widget=widget, **options)


class RecipientForm(forms.Form):
    """One recipient. Read as `recipient`; a blank line is none."""

    who = _collection_field(gettext_lazy("Recipient"), required=False)
    how = forms.ChoiceField(label=gettext_lazy("Gets"), choices=WAYS, initial=COPY)

    def __init__(self, *args: Any, user: Any, source: Collection, **details: Any) -> None:
        super().__init__(*args, **details)
        self.user, self.source = user, source
        self.recipient: Recipient | None = None

    def has_changed(self) -> bool:
        """Tell whether somebody is named; the way alone says nothing."""
        return bool(str(self["who"].value() or "").strip())

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or {})}
        who, how = given.get("who", ""), given.get("how")
        if who and how:
            try:
                self.recipient = self._read(who, how)
            except ValidationError as error:
                self.add_error("who", error)
        return given

    def _read(self, who: str, how: str) -> Recipient:
        collection = find(self.user, who)
        if collection is None:
            if how == PACKAGE:
                return Recipient(COPY, outside=who[:100])
            words = _("No collection of this portal is called that. To others, send a package.")
            raise ValidationError(words)
        if collection == self.source:
            raise ValidationError(_("The records are there already."))
        if how == PACKAGE and accepts(collection, FILE):
            return Recipient(COPY, collection, package=True)
        if how != PACKAGE and accepts(collection, how):
            return Recipient(how, collection)
        raise ValidationError(_refusal(collection))


def _refusal(collection: Collection) -> str:
    taken = [str(word) for how, word in TAKEN.items() if accepts(collection, how)]
    words = _("%(name)s accepts %(ways)s.") if taken else _("%(name)s accepts no records.")
    told = words % {"name": collection.name, "ways": ", ".join(taken)}
    if collection.accepting_contact:
        told += " " + _("Ask %(whom)s.") % {"whom": collection.accepting_contact}
    return told


TAKEN = {
    TRANSFER: gettext_lazy("transfers"),
    COPY: gettext_lazy("copies"),
    FILE: gettext_lazy("packages"),
}


class BaseRecipients(forms.BaseFormSet):  # type: ignore[type-arg]
    """All recipients of a sending; each of them once, one transfer at most."""

    def clean(self) -> None:
        named = self.recipients
        if any(self.errors):
            return
        if not named:
            raise ValidationError(_("Name who is to receive the records."))
        if sum(each.how == Offer.How.TRANSFER for each in named) > 1:
            words = _("Only one recipient can take over a record. The others get copies.")
            raise ValidationError(words)
        known = {(each.collection, each.outside.lower()) for each in named}
        if len(known) < len(named):
            raise ValidationError(_("One of the recipients is named twice."))

    @property
    def recipients(self) -> list[Recipient]:
        return [form.recipient for form in self.forms if form.recipient]


def recipients_form(
    user: Any, source: Collection, data: Any = None, chosen: Iterable[Recipient] = ()
) -> Any:
    """Return the lines for recipients, with blank ones after those that are chosen."""
    initial = [{"who": _text(each), "how": _way(each)} for each in chosen]
    if not initial and source.type == Collection.Type.PERSONAL:
        initial = [{"who": "", "how": TRANSFER}]
    extra = max(1, 4 - len(initial))
    made = forms.formset_factory(
        RecipientForm,
        formset=BaseRecipients,
        extra=extra,
        max_num=MOST_RECIPIENTS,
        validate_max=True,
    )
    known = {"user": user, "source": source}
    return made(data, initial=initial, prefix="to", form_kwargs=known)


def _text(recipient: Recipient) -> str:
    return shown(recipient.collection) if recipient.collection else recipient.outside


def _way(recipient: Recipient) -> str:
    return recipient.how if recipient.is_offered else PACKAGE


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PermitsField(forms.FileField):
    """Several files; each a PDF, a PNG or a JPEG by how it begins, whatever it is called."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # type: ignore[override]
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        files = [super(PermitsField, self).clean(each, initial) for each in given]
        for file in files:
            if file.size > requesting.LARGEST_FILE:
                raise ValidationError(_("The file is larger than 10 MB."))
            requesting.type_of(file)
        return files


class ParcelForm(forms.ModelForm):  # type: ignore[type-arg]
    """The message and the shipment."""

    attached = PermitsField(
        label=gettext_lazy("Permit files"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "PDF, PNG or JPEG, at most 10 MB each. Only those who send and receive read them."
        ),
        widget=SeveralFiles(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )

    class Meta:
        model = Sending
        fields = ("kind", "sent_on", "boxes", "sheets", "permits", "message")
        widgets = {
            "message": forms.Textarea(attrs={"rows": 4, "maxlength": 5000}),
            "permits": forms.Textarea(attrs={"rows": 2, "maxlength": 2000}),
            "sent_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def clean_message(self) -> str:
        return str(self.cleaned_data["message"])[:5000]

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or {})}
        attached = given.get("attached") or []
        standing = self.instance.permit_files.count() if self.instance.pk else 0
        if standing + len(attached) > MOST_FILES:
            self.add_error("attached", _("At most ten files."))
        told = given.get("permits") or attached or standing
        if given.get("kind") == Sending.Kind.PERMIT and not told and "attached" not in self.errors:
            self.add_error("permits", _("Give the permit's number, or attach it."))
        return given


class TransferForm(forms.Form):
    """Where one record goes, and the numbers it gets where the person administers both sides."""

    who = _collection_field(gettext_lazy("Collection"))
    catalog_number = forms.CharField(
        label=gettext_lazy("Catalog Number there"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Blank: none yet. Only where you administer that collection."),
    )
    accession = forms.CharField(
        label=gettext_lazy("Accession number"), required=False, max_length=200
    )
    specimen = forms.BooleanField(
        label=gettext_lazy("There is a specimen: it takes that collection's basis of record"),
        required=False,
    )
    message = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For the administrators of the collection, where they decide."),
    )

    def __init__(self, user: Any, record: Occurrence, data: Any = None) -> None:
        super().__init__(data)
        self.user, self.record = user, record
        self.target: Collection | None = None

    def clean_who(self) -> str:
        who = str(self.cleaned_data["who"])
        self.target = find(self.user, who)
        if self.target is None:
            raise ValidationError(_("No collection of this portal is called that."))
        if self.target == self.record.collection:
            raise ValidationError(_("The record is there already."))
        if not accepts(self.target, TRANSFER):
            raise ValidationError(_refusal(self.target))
        return who

    @property
    def is_mine(self) -> bool:
        """Whether the person administers the target too, so that nobody has to be asked."""
        mine = Collection.objects.managed_by(self.user)
        return self.target is not None and mine.filter(pk=self.target.pk).exists()

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or {})}
        number = given.get("catalog_number")
        if not (number and self.target and self.is_mine):
            return given
        if numbering.taken(self.target.pk, [number]):
            words = _("%(number)s is taken in %(collection)s.")
            told = {"number": number, "collection": self.target.name}
            self.add_error("catalog_number", words % told)
        return given
