"""The forms of labels: how they look, which fields stand on them, how many of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from biocollections.models import Collection, is_portal_admin
from journal.jobs import Refused
from occurrences import label_design as look
from occurrences import label_logo
from occurrences.label_design import Design
from occurrences.label_text import MOST_COPIES
from occurrences.models import LabelProfile, LabelRun

_TEXT: dict[str, Any] = {"max_length": look.LONGEST, "required": False, "strip": False}


class DesignForm(forms.Form):
    """Paper, size, heading, footer and code of a label."""

    paper = forms.ChoiceField(label=gettext_lazy("Paper"), choices=look.PAPER_NAMES)
    form = forms.ChoiceField(label=gettext_lazy("Layout"), choices=look.FORMS)
    height = forms.FloatField(
        label=gettext_lazy("Height (mm)"),
        min_value=0,
        max_value=look.BOUNDS["height"][1],
        help_text=gettext_lazy("0: as high as the highest in its row"),
    )
    width = forms.FloatField(
        label=gettext_lazy("Width (mm)"),
        min_value=look.BOUNDS["width"][0],
        max_value=look.BOUNDS["width"][1],
        help_text=gettext_lazy("of pin labels alone"),
    )
    size = forms.FloatField(
        label=gettext_lazy("Letters (pt)"),
        min_value=look.BOUNDS["size"][0],
        max_value=look.BOUNDS["size"][1],
    )
    heading_prefix = forms.CharField(label=gettext_lazy("Heading begins"), **_TEXT)
    heading_middle = forms.ChoiceField(
        label=gettext_lazy("then"), choices=look.MIDDLES, required=False
    )
    heading_suffix = forms.CharField(label=gettext_lazy("and ends"), **_TEXT)
    footer = forms.CharField(label=gettext_lazy("Footer"), **_TEXT)
    dates = forms.ChoiceField(label=gettext_lazy("Dates as"), choices=look.DATES)
    code = forms.ChoiceField(label=gettext_lazy("Code"), choices=look.CODES, required=False)
    code_of = forms.ChoiceField(label=gettext_lazy("of the"), choices=look.CODED)
    shrink = forms.BooleanField(
        label=gettext_lazy("Smaller letters where a label wouldn't fit (down to 70 %)"),
        required=False,
    )
    border = forms.BooleanField(label=gettext_lazy("A line around each label"), required=False)
    logo = forms.FileField(
        label=gettext_lazy("Project mark"),
        required=False,
        help_text=gettext_lazy("A picture (PNG, JPEG) at the upper left, up to 5 MB"),
    )
    without_logo = forms.BooleanField(label=gettext_lazy("Without the mark"), required=False)

    def clean_logo(self) -> str:
        """Return the mark that was uploaded, as a layout keeps it; "" for none."""
        file = self.cleaned_data["logo"]
        try:
            return label_logo.read(file.file, look.MOST_LOGO) if file else ""
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class ItemForm(forms.Form):
    """One field on the label. A blank one is taken out."""

    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    prefix = forms.CharField(label=gettext_lazy("Prefix"), **_TEXT)  # type: ignore[assignment]
    suffix = forms.CharField(label=gettext_lazy("Suffix"), **_TEXT)
    style = forms.ChoiceField(label=gettext_lazy("Style"), choices=look.STYLES, required=False)
    align = forms.ChoiceField(label=gettext_lazy("Where"), choices=look.ALIGNMENTS, required=False)
    new_line = forms.BooleanField(label=gettext_lazy("New line"), required=False, initial=True)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        choices = [("", _("(nothing)")), *look.field_choices()]
        self.fields["field"].choices = choices  # type: ignore[attr-defined]


ItemFormSet = forms.formset_factory(
    ItemForm, extra=2, can_order=True, max_num=look.MOST_ITEMS, absolute_max=look.MOST_ITEMS + 2
)


class LayoutForm:
    """A design's form, the fields on the label included.

    Unbound it shows `design`; bound, `design` is what was sent where all of it is sound.
    """

    def __init__(
        self, design: Design, data: Mapping[str, Any] | None = None, files: Any = None
    ) -> None:
        kept = design.to_json()
        shown = {name: f"{kept[name]:g}" for name in look.BOUNDS}  # 45, not 45.0
        self.of = DesignForm(data, files, initial={**kept, **shown, "logo": None})
        self.items = ItemFormSet(data, initial=kept["items"], prefix="items")
        self._design = design

    def is_valid(self) -> bool:
        """Tell whether everything sent can be laid out."""
        return bool(self.of.is_valid() and self.items.is_valid())

    @property
    def design(self) -> Design:
        """What was sent, or the design it began with."""
        if not self.of.is_bound or not self.is_valid():
            return self._design
        chosen = [
            form.cleaned_data for form in self.items.ordered_forms if form.cleaned_data.get("field")
        ]
        sent = self.of.cleaned_data
        kept = "" if sent["without_logo"] else self._design.logo
        return Design.from_json({**sent, "logo": sent["logo"] or kept, "items": chosen})

    @property
    def has_logo(self) -> bool:
        """Whether there is a mark to be left out."""
        return bool(self.design.logo)


def copies_sent(run: LabelRun, data: Mapping[str, Any]) -> list[list[Any]]:
    """Return the run's rows with the numbers of labels that were sent; blank: by Dupe Count."""
    rows = []
    for guid, copies in run.rows:
        text = str(data.get(f"copies-{guid}", "")).strip()
        if f"copies-{guid}" not in data:
            rows.append([guid, copies])
        else:
            sound = text.isascii() and text.isdigit()
            rows.append([guid, min(int(text[:4]), MOST_COPIES) if sound else None])
    return rows


class ProfileForm(forms.Form):
    """The name under which a layout is kept, and who may use it.

    It stands in the form of the labels, which can be sent without a name.
    """

    use_required_attribute = False
    name = forms.CharField(label=gettext_lazy("Name of the layout"), max_length=80)
    owner = forms.ChoiceField(label=gettext_lazy("for"), required=False)

    def __init__(self, user: Any, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.user = user
        self.collections = {
            str(each.guid): each for each in Collection.objects.managed_by(user).order_by("name")
        }
        choices = [("", _("me")), *((guid, each.name) for guid, each in self.collections.items())]
        if is_portal_admin(user):
            choices.append(("portal", _("everybody in the portal")))
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]

    def keep(self, run: LabelRun) -> LabelProfile:
        """Keep the run's design under that name, in place of one that has it already."""
        owner = self.cleaned_data["owner"]
        profile, _made = LabelProfile.objects.update_or_create(
            kind=run.kind,
            name=self.cleaned_data["name"].strip(),
            owner=None if owner else self.user,
            collection=self.collections.get(owner),
            defaults={"design": run.design},
        )
        return profile
