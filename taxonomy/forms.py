"""The forms of the thesaurus. A taxon is typed, with suggestions, and read as one of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from taxonomy import looking_up
from taxonomy.faults import Fault, Wanted, faults
from taxonomy.models import Taxon
from taxonomy.ranks import RANKS

RANK_CHOICES = [("", "—"), *((name, name) for name in RANKS)]
ACCEPTED_CHOICES = [
    choice for choice in Taxon.Status.choices if choice[0] in Taxon.ACCEPTED_STATUSES
]
SYNONYM_CHOICES = [c for c in Taxon.Status.choices if c[0] not in Taxon.ACCEPTED_STATUSES]
_web_address = URLValidator(schemes=["http", "https"])


class TaxonField(forms.CharField):
    """A taxon, typed: its name, with rank and kingdom in brackets where there are homonyms."""

    def __init__(self, *, accepted_only: bool = True, **options: Any) -> None:
        self.accepted_only = accepted_only
        super().__init__(max_length=600, **options)

    def prepare_value(self, value: Any) -> Any:
        return looking_up.label(value) if isinstance(value, Taxon) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = looking_up.labelled(text)
        if self.accepted_only:
            found = [taxon for taxon in found if taxon.is_accepted] or found[:1]
        if not found:
            raise ValidationError(_("No such taxon stands in the thesaurus. Add it first."))
        if len(found) > 1:
            labels = "; ".join(map(looking_up.label, found[:4]))
            raise ValidationError(_("Several have this name: %(taxa)s"), params={"taxa": labels})
        return found[0]


class TaxonBoundMixin:
    """Gives every TaxonField of a form its own list of suggestions, right after it."""

    fields: dict[str, forms.Field]

    def connect_suggestions(self, prefix: str = "") -> None:
        for name, field in self.fields.items():
            if isinstance(field, TaxonField):
                only = "?accepted=1" if field.accepted_only else ""
                field.widget.attrs |= {
                    "autocomplete": "off",
                    "hx-get": f"{reverse('taxonomy:suggest')}{only}",
                    "hx-trigger": "input changed delay:200ms",
                    "hx-sync": "this:replace",
                    "list": f"suggested-{name}",
                    "hx-target": f"#suggested-{name}",
                    "hx-vals": f'{{"field": "{name}"}}',
                }

    @property
    def suggestion_lists(self) -> list[str]:
        return [f"suggested-{n}" for n, f in self.fields.items() if isinstance(f, TaxonField)]


class EditForm(TaxonBoundMixin, forms.Form):
    """A form that changes the thesaurus: the version its author saw, and warnings to confirm."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    confirm = forms.BooleanField(label=_("I have looked at this: save it as it is"), required=False)

    def __init__(self, *arguments: Any, taxon: Taxon | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.taxon = taxon
        self.warnings: list[Fault] = []
        self.connect_suggestions()

    def wanted(self) -> Wanted | None:
        """Return the taxon as a valid form wants it, for the checks; None: nothing to check."""
        return None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        wanted = None if self.errors else self.wanted()
        found = faults(wanted) if wanted else []
        for fault in found:
            if fault.blocking:
                self.blame(fault)
        if not self.errors:
            self.warnings = [] if cleaned.get("confirm") else found
        return cleaned

    def blame(self, fault: Fault) -> None:
        """Show a fault at its field, or above the form where it has none here."""
        self.add_error(fault.field if fault.field in self.fields else None, fault.text)


class TaxonForm(EditForm):
    """A taxon's name, place, status and notes. Its acceptance is changed on a page of its own."""

    scientific_name = forms.CharField(
        label=_("Scientific Name"),
        max_length=250,
        help_text=_("Without the author. Or paste the full name and press “Read the name”."),
    )
    authorship = forms.CharField(label=_("Author"), max_length=250, required=False)
    rank = forms.ChoiceField(label=_("Rank"), choices=RANK_CHOICES)
    status = forms.ChoiceField(label=_("Status"), choices=Taxon.Status.choices)
    parent = TaxonField(label=_("Parent"), required=False)
    accepted = TaxonField(label=_("Accepted name"), required=False)
    kingdom = forms.CharField(
        label=_("Kingdom"),
        max_length=100,
        required=False,
        help_text=_("Follows from the parent, where there is one."),
    )
    nomenclatural_status = forms.CharField(
        label=_("Nomenclatural status"), max_length=100, required=False
    )
    unacceptability_reason = forms.CharField(
        label=_("Why not accepted"), max_length=250, required=False
    )
    source = forms.CharField(label=_("Source"), max_length=250, required=False)
    source_id = forms.CharField(label=_("Identifier in the source"), max_length=250, required=False)
    remarks = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    reason = forms.CharField(
        label=_("Reason for this edit"), max_length=500, required=False,
        help_text=_("Kept in the history."),
    )  # fmt: skip

    OWN = (
        "scientific_name authorship rank status kingdom nomenclatural_status "
        "unacceptability_reason source source_id remarks"
    ).split()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["scientific_name"].widget.attrs |= {
            "hx-get": reverse("taxonomy:check"),
            "hx-trigger": "input changed delay:400ms",
            "hx-target": "#id_scientific_name_read",
            "hx-include": "closest form",
            "hx-sync": "this:replace",
        }
        if self.taxon:
            accepted = self.taxon.is_accepted
            choices = ACCEPTED_CHOICES if accepted else SYNONYM_CHOICES
            self.fields["status"] = forms.ChoiceField(label=_("Status"), choices=choices)
            del self.fields["accepted"]
            if not accepted:
                del self.fields["parent"]

    @classmethod
    def initial_of(cls, taxon: Taxon) -> dict[str, Any]:
        own = {name: getattr(taxon, name) for name in cls.OWN}
        return {**own, "parent": taxon.parent, "version": taxon.version}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("status") in Taxon.ACCEPTED_STATUSES and cleaned.get("accepted"):
            cleaned["status"] = Taxon.Status.SYNONYM
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return what `thesaurus.add` and `change` take."""
        names = [*self.OWN, *(n for n in ("parent", "accepted") if n in self.fields)]
        values = {name: self.cleaned_data[name] for name in names}
        if values.get("accepted"):
            values["parent"] = None
            if values["status"] in Taxon.ACCEPTED_STATUSES:
                values["status"] = Taxon.Status.SYNONYM
        return values

    def wanted(self) -> Wanted:
        values = self.values()
        named = {name: values[name] for name in Wanted.__slots__ if name in values}
        return Wanted.of(self.taxon, **named) if self.taxon else Wanted(**named)


class VernacularForm(forms.Form):
    name = forms.CharField(label=_("Common name"), max_length=250, required=False)
    language = forms.CharField(
        label=_("Language"), max_length=50, required=False,
        widget=forms.TextInput(attrs={"placeholder": "es"}),
    )  # fmt: skip
    source = forms.CharField(label=_("Source"), max_length=250, required=False)


class LinkForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=250, required=False)
    url = forms.CharField(label=_("Address"), max_length=1000, required=False)

    def clean_url(self) -> str:
        """Accept an address of the web, and nothing that a browser would run."""
        address: str = self.cleaned_data["url"]
        if address:
            _web_address(address)
        return address


VernacularFormSet = forms.formset_factory(VernacularForm, extra=2, max_num=200)
LinkFormSet = forms.formset_factory(LinkForm, extra=1, max_num=50)


class TaxonForms:
    """A taxon's form with its common names and links: all are valid, or nothing is saved."""

    def __init__(self, data: Any, taxon: Taxon | None = None, initial: Any = None) -> None:
        names = taxon.vernacular_names.order_by("position") if taxon else []
        start = TaxonForm.initial_of(taxon) if taxon else initial
        self.taxon = TaxonForm(data, taxon=taxon, initial=start)
        self.vernaculars = VernacularFormSet(
            data,
            prefix="vernacular",
            initial=[{"name": n.name, "language": n.language, "source": n.source} for n in names],
        )
        self.links = LinkFormSet(data, prefix="link", initial=taxon.links if taxon else [])

    def is_valid(self) -> bool:
        all_valid = all([self.taxon.is_valid(), self.vernaculars.is_valid(), self.links.is_valid()])
        return all_valid and not self.taxon.warnings

    @property
    def values(self) -> dict[str, Any]:
        rows = (row for row in self.vernaculars.cleaned_data if row.get("name"))
        links = (row for row in self.links.cleaned_data if row.get("url"))
        return {
            **self.taxon.values(),
            "vernacular_names": [[row["name"], row["language"], row["source"]] for row in rows],
            "links": [{"title": row["title"] or row["url"], "url": row["url"]} for row in links],
        }


class MoveForm(EditForm):
    parent = TaxonField(label=_("New parent"))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def wanted(self) -> Wanted | None:
        return Wanted.of(self.taxon, parent=self.cleaned_data["parent"]) if self.taxon else None


class AcceptanceForm(EditForm):
    """What a name is: accepted under a parent, or a synonym of an accepted one."""

    status = forms.ChoiceField(label=_("It is"), choices=Taxon.Status.choices)
    accepted = TaxonField(
        label=_("Accepted name"), required=False, help_text=_("For a synonym or misapplied name.")
    )
    parent = TaxonField(label=_("Parent"), required=False, help_text=_("For an accepted name."))
    children_to = TaxonField(
        label=_("Put its children under"), required=False,
        help_text=_("A synonym has no children: say where they go."),
    )  # fmt: skip
    unacceptability_reason = forms.CharField(
        label=_("Why not accepted"), max_length=250, required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    @property
    def to_synonym(self) -> bool:
        return self.cleaned_data["status"] not in Taxon.ACCEPTED_STATUSES

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        if "status" in cleaned:
            unused = ("parent",) if self.to_synonym else ("accepted", "children_to")
            for name in unused:
                cleaned[name] = None
                self.errors.pop(name, None)
        return super().clean()

    def wanted(self) -> Wanted | None:
        if not self.taxon or self.cleaned_data.get("children_to"):
            return None  # its children move first: `thesaurus` looks after that
        names = ("status", "accepted", "parent")
        return Wanted.of(self.taxon, **{name: self.cleaned_data[name] for name in names})

    def arguments(self) -> dict[str, Any]:
        names = ("status", "parent", "children_to")
        told = {name: self.cleaned_data[name] for name in names}
        return {**told, "reason": self.cleaned_data["unacceptability_reason"]}


class MergeForm(EditForm):
    into = TaxonField(label=_("Merge it into"), accepted_only=False)
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class DeleteForm(EditForm):
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class ProposalForm(TaxonBoundMixin, forms.Form):
    """A name somebody asks for, with the references it stands in."""

    scientific_name = forms.CharField(label=_("Scientific Name"), max_length=250)
    authorship = forms.CharField(label=_("Author"), max_length=250, required=False)
    rank = forms.ChoiceField(label=_("Rank"), choices=RANK_CHOICES, initial="species")
    parent = TaxonField(label=_("Parent"), required=False)
    accepted = TaxonField(
        label=_("Accepted name"), required=False, help_text=_("If you propose a synonym.")
    )
    references = forms.CharField(
        label=_("References"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=5000,
        help_text=_("One on each line: a citation, a DOI, or an address. At least one."),
    )
    remarks = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.connect_suggestions()
        self.fields["scientific_name"].widget.attrs |= {
            "hx-get": reverse("taxonomy:check"),
            "hx-trigger": "input changed delay:400ms",
            "hx-target": "#id_scientific_name_read",
            "hx-sync": "this:replace",
        }

    def clean_references(self) -> list[str]:
        lines = map(str.strip, self.cleaned_data["references"].splitlines())
        return [line for line in lines if line]


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )


class ExplorerForm(forms.Form):
    """What the explorer shows and how."""

    q = forms.CharField(label=_("Taxon or common name"), required=False, max_length=200)
    authors = forms.BooleanField(label=_("authors"), required=False)
    records = forms.BooleanField(label=_("only taxa with records"), required=False)
    synonyms = forms.BooleanField(
        label=pgettext_lazy("option of the explorer", "synonyms in brackets"), required=False
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs |= {
            "autocomplete": "off",
            "list": "suggested-q",
            "hx-get": reverse("taxonomy:suggest"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#suggested-q",
            "hx-vals": '{"field": "q"}',
            "hx-sync": "this:replace",
        }
