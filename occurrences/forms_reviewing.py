"""What a person sends from the review of an import."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from biocollections.forms_people import PersonField
from journal.models import ChangeSet
from occurrences.forms_filters import day, offer_people, person
from occurrences.models import ImportOutcome, ImportRun
from occurrences.settling import Rule

LONGEST_CELL = 100_000


class _Plain(forms.Form):
    @property
    def first_error(self) -> str:
        """The first thing that is wrong, in words."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class FixForm(_Plain):
    """A cell that is mended: the place of its column, its text, the new one, in which rows."""

    at = forms.IntegerField(min_value=0)
    old = forms.CharField(required=False, strip=False, max_length=LONGEST_CELL)
    new = forms.CharField(required=False, max_length=LONGEST_CELL)
    row = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    everywhere = forms.BooleanField(required=False)

    def __init__(self, run: ImportRun, data: Any) -> None:
        super().__init__(data)
        self.run = run

    def clean_at(self) -> int:
        at: int = self.cleaned_data["at"]
        if at >= len(self.run.source["tables"][0]["headers"]):
            raise ValidationError(_("There is no such column."))
        return at

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not self.errors and told["old"] == told["new"]:
            raise ValidationError(_("That is what stands there already."))
        return told

    @property
    def fix(self) -> dict[str, Any]:
        """The fix, as `imports.fix` takes it."""
        told = self.cleaned_data
        row = None if told["everywhere"] else told["row"]
        return {"at": told["at"], "old": told["old"], "new": told["new"], "row": row}


class DecisionForm(forms.Form):
    """What is to become of a row in conflict: the record it means, or another choice."""

    decision = forms.ChoiceField()

    def __init__(self, outcome: ImportOutcome, data: Any) -> None:
        super().__init__(data)
        found = [(guid, guid) for guid in outcome.candidates or ()]
        choices = [*found, *ImportOutcome.Choice.choices]
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """One rule for all conflicts."""

    rule = forms.ChoiceField(choices=Rule.choices)


class ReviewerForm(_Plain):
    """Who is to look through a review."""

    person = PersonField(error_messages={"required": _("Say who is to look through the review.")})

    def __init__(self, by: Any, data: Any = None) -> None:
        super().__init__(data)
        self.by = self.fields["person"].by = by  # type: ignore[attr-defined]

    def clean_person(self) -> Any:
        """Return the account, another than his who asks."""
        if self.cleaned_data["person"] == self.by:
            raise ValidationError(_("The review is yours already."))
        return self.cleaned_data["person"]


class Shown(TextChoices):
    """Which imports of a collection to list."""

    WAITING = "waiting", _("waiting for somebody")
    APPLIED = "applied", _("applied")
    UNDONE = "undone", _("undone")
    REFUSED = "refused", _("refused or thrown away")


_STATES = {
    Shown.WAITING: ("uploaded", "staged", "checked", "applying"),
    Shown.APPLIED: ("applied",),
    Shown.UNDONE: ("applied", "undone", "applying"),
    Shown.REFUSED: ("refused", "discarded"),
}


class ImportsForm(forms.Form):
    """Filters of the history of a collection's imports."""

    q = forms.CharField(label=_("File"), required=False, max_length=200)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("all")), *Shown.choices]
    )
    user = person()
    since = day(_("From"))
    until = day(_("To"))

    def __init__(self, data: Any, runs: Any) -> None:
        super().__init__(data)
        people = get_user_model().objects.filter(pk__in=runs.values("user"))
        offer_people(self, "user", people)

    def chosen(self, runs: Any) -> Any:
        """Return those of `runs` that fit what was filled in rightly."""
        self.is_valid()
        told = self.cleaned_data
        wanted = {
            "q": "file_name__icontains",
            "user": "user",
            "since": "created_at__date__gte",
            "until": "created_at__date__lte",
        }
        runs = runs.filter(**{by: told[name] for name, by in wanted.items() if told.get(name)})
        state = told.get("state")
        if state:
            runs = runs.filter(state__in=_STATES[Shown(state)])
        if state in (Shown.APPLIED, Shown.UNDONE):
            undone = ChangeSet.objects.filter(undoes__isnull=False).values("undoes")
            taken_back = {"change_set__in": undone}
            runs = (
                runs.filter(**taken_back) if state == Shown.UNDONE else runs.exclude(**taken_back)
            )
        return runs
