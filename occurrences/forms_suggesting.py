"""The forms in which people who don't edit a record say something about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from darwincore import terms
from occurrences.commenting import LONGEST
from occurrences.forms import TermField
from occurrences.forms_filters import day, offer_people, person
from occurrences.forms_panels import LONG
from occurrences.models import Comment, Occurrence, Suggestion
from occurrences.suggesting_edits import OFFERED, problems_of, texts_seen


class SuggestionForm(forms.Form):
    """The fields of a record that its reader sees, to be corrected, and why."""

    remark = forms.CharField(
        label=_("Remark"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is wrong, for the curator."),
    )
    evidence = forms.CharField(
        label=_("Evidence"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Where one can see it: a field book, a paper, an address."),
    )

    def __init__(self, data: Any, record: Occurrence) -> None:
        self.record = record
        self.seen = texts_seen(record)
        super().__init__(data, initial=dict(self.seen))
        for column in self.seen:
            rows = forms.Textarea(attrs={"rows": 2}) if column in LONG else forms.TextInput()
            label = _(terms.BY_COLUMN[column].label)
            self.fields[column] = TermField(label=label, widget=rows)

    def panels(self) -> Iterator[tuple[Any, list[tuple[forms.BoundField, str]]]]:
        """Yield (heading, [(field, Darwin Core term)]) of what may be corrected."""
        for heading, columns in OFFERED:
            shown = [(self[c], terms.BY_COLUMN[c].name) for c in columns if c in self.seen]
            if shown:
                yield heading, shown

    @property
    def changes(self) -> dict[str, str]:
        """What was typed, by column, where it differs from what the page showed."""
        changed = [name for name in self.changed_data if name in self.seen]
        return {name: self.cleaned_data[name] for name in changed}

    def clean(self) -> dict[str, Any]:
        for name, problem in problems_of(self.record, self.changes).items():
            self.add_error(name, problem)
        return self.cleaned_data


class CommentForm(forms.Form):
    """A comment, for all or for the curators alone."""

    text = forms.CharField(
        label=_("Comment"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )
    for_curators = forms.BooleanField(label=_("for the curators alone"), required=False)
    answers = forms.UUIDField(required=False, widget=forms.HiddenInput)


class QueueForm(forms.Form):
    """Which suggestions or comments of a collection to list."""

    state = forms.ChoiceField(label=_("State"), required=False)
    by = person()
    since = day(_("From"))
    until = day(_("To"))

    def __init__(self, data: Any, rows: Any, model: type[Suggestion | Comment]) -> None:
        super().__init__(data)
        first = Suggestion.State.OPEN if model is Suggestion else Comment.State.WAITING
        choices = [each for each in model.State.choices if each[0] != "deleted"]
        self.first = first
        self.fields["state"].choices = [*choices, ("all", _("all"))]  # type: ignore[attr-defined]
        people = get_user_model().objects.filter(pk__in=rows.order_by().values("by"))
        offer_people(self, "by", people)

    def chosen(self, rows: Any) -> Any:
        """Return those of `rows` that fit; waiting ones where no state was chosen."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        state = given.pop("state", self.first)
        names = {"by": "by", "since": "made_at__date__gte", "until": "made_at__date__lte"}
        wanted = {names[name]: value for name, value in given.items()}
        return rows.filter(**wanted) if state == "all" else rows.filter(state=state, **wanted)
