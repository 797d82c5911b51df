"""What one may ask of the history: which edits of a collection, which day of a record."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection
from journal.models import ChangeSet
from occurrences import edits
from occurrences.forms_filters import day, offer_people, person

_fields = lazy(lambda: [("", str(_("any"))), *edits.fields()], list)


class ChangesForm(forms.Form):
    """Which edits of a collection to list."""

    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("all")), *ChangeSet.Kind.choices]
    )
    user = person()
    since = day(_("From"))
    until = day(_("To"))
    undone = forms.ChoiceField(
        label=_("Undone"),
        required=False,
        choices=[("", _("all")), ("standing", _("not undone")), ("undone", _("undone"))],
    )
    record = forms.CharField(
        label=_("Catalog Number, other number or GUID"), required=False, max_length=200
    )
    field = forms.ChoiceField(label=_("Field"), required=False, choices=_fields)
    show = forms.ChoiceField(
        label=_("List"),
        required=False,
        choices=[("", _("change by change")), ("fields", _("field by field"))],
    )

    def __init__(self, data: Any, within: Collection) -> None:
        """within: the collection, whose records the reader edits."""
        super().__init__(data)
        roles_apart = ChangeSet.objects.exclude(kind=ChangeSet.Kind.GRANT)
        done = roles_apart.filter(collection_id=within.pk, user=OuterRef("pk"))
        offer_people(self, "user", get_user_model().objects.filter(Exists(done)))
        self.is_valid()

    @property
    def wanted(self) -> dict[str, Any]:
        """What was filled in rightly, by name."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_by_field(self) -> bool:
        """Whether fields are listed: asked for, or asked about one record or one field."""
        return not self.wanted.keys().isdisjoint(("show", "record", "field"))


class PastForm(forms.Form):
    """Of which day, or after which change set, a record is looked at."""

    at = day(_("As of the end of"))
    change_set = forms.UUIDField(required=False, widget=forms.HiddenInput)

    @property
    def moment(self) -> datetime:
        """The last moment of the day, in the portal's time zone; now when none was named."""
        day = self.cleaned_data.get("at")
        return timezone.make_aware(datetime.combine(day, time.max)) if day else timezone.now()
