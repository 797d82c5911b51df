"""Corrections suggested by people who don't edit: kept, shown to curators, applied or declined.

A suggestion writes nothing. A curator takes over all of it, a part or none of it; what he takes
over is an edit of his, read as the form would read it, that names the suggester. Suggester and
curators are told of each other. Nobody else reads a suggestion, and the suggester reads no more
of the record than he may see now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import noticing
from accounts.leaving import Rows, holds
from biocollections.models import Collection, Person
from darwincore import terms
from journal.jobs import Refused
from occurrences import editing, telling
from occurrences.models import Occurrence, Protection, Suggestion
from occurrences.protection import WITHHELD
from occurrences.readers import exact_values
from occurrences.regarding import any_of, editable, within

MOST_A_DAY = 30
LONGEST = 5000  # letters of a text
State = Suggestion.State

# What may be suggested, as (heading, columns). Numbers and bookkeeping are the collection's own.
OFFERED = (
    (
        gettext_lazy("Determination"),
        "scientific_name scientific_name_authorship identification_qualifier identified_by "
        "date_identified type_status identification_references".split(),
    ),
    (
        gettext_lazy("Collector Info"),
        "recorded_by record_number event_date associated_collectors verbatim_event_date".split(),
    ),
    (
        gettext_lazy("Locality"),
        "country state_province county municipality locality decimal_latitude decimal_longitude "
        "coordinate_uncertainty_in_meters geodetic_datum minimum_elevation_in_meters "
        "maximum_elevation_in_meters verbatim_elevation".split(),
    ),
    (
        gettext_lazy("Misc"),
        "habitat substrate associated_taxa verbatim_attributes occurrence_remarks "
        "reproductive_condition sex life_stage establishment_means".split(),
    ),
)
COLUMNS = tuple(column for _heading, columns in OFFERED for column in columns)

TO_REVIEW = noticing.kind(
    "suggestions to review",
    gettext_noop("A suggested correction waits for review in %(collection)s."),
    gettext_noop("%(number)s suggested corrections wait for review in %(collection)s."),
)
APPLIED = noticing.kind(
    "suggestion applied", gettext_noop("Your correction of %(record)s was taken over. Thank you.")
)
PARTLY = noticing.kind(
    "suggestion partly applied",
    gettext_noop("Your correction of %(record)s was taken over in part. Thank you."),
)
DECLINED = noticing.kind(
    "suggestion declined", gettext_noop("Your correction of %(record)s was not taken over.")
)


class Proposed(NamedTuple):
    """One field of a suggestion as one reader may see it.

    known: he may read the field; then `now` is what it holds and stale tells that it has changed
    since it was suggested.
    """

    column: str
    label: str
    term: str
    old: str
    now: str
    new: str
    known: bool
    stale: bool
    applied: bool


def takes_from(user: Person, record: Occurrence) -> bool:
    """Tell whether `user` may suggest corrections of a record that he sees."""
    return bool(user.is_authenticated and record.collection.public_edits)


def visible_to(user: Person) -> QuerySet[Suggestion]:
    """Return the suggestions for records `user` edits, and his own where he sees the record."""
    if not user.is_authenticated:
        return Suggestion.objects.none()
    return Suggestion.objects.filter(
        Q(editable(user)) | Q(any_of(Occurrence.objects.visible_to(user)), by=user)
    ).select_related("by", "decided_by", "change_set")


def reviewable_by(user: Person) -> QuerySet[Suggestion]:
    """Return the suggestions that `user` may decide."""
    return Suggestion.objects.filter(editable(user)).select_related("by", "decided_by")


def readable(record: Occurrence, column: str) -> bool:
    """Tell whether the reader for whom `record` was fetched may read this field exactly."""
    is_open = record.protection == Protection.OPEN or getattr(record, "disclosed_row", None)
    return bool(is_open) or column not in WITHHELD


def texts_seen(record: Occurrence) -> dict[str, str]:
    """Return the texts of the fields that may be suggested, as the record's reader sees them."""
    texts = editing.texts_of(exact_values(record))
    return {column: texts.get(column, "") for column in COLUMNS if readable(record, column)}


def suggest(
    user: Any, record: Occurrence, changes: Mapping[str, str], remark: str, evidence: str
) -> Suggestion:
    """Keep that `user` suggests these new texts, by column, and tell the curators.

    record: fetched by `visible_to(user)`. Raises Refused.
    """
    if not takes_from(user, record):
        raise Refused(_("This collection takes no suggestions."))
    seen = texts_seen(record)
    wanted = {
        column: {"old": seen[column], "new": text.strip()[:LONGEST]}
        for column, text in changes.items()
        if column in seen and text.strip() != seen[column]
    }
    if not wanted:
        raise Refused(_("Nothing was changed. Correct at least one field."))
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        _require_patience(user)
        made = Suggestion.objects.create(
            record_guid=record.guid,
            by=user,
            changes=wanted,
            remark=remark.strip()[:LONGEST],
            evidence=evidence.strip()[:LONGEST],
        )
    _tell_curators(record.collection)
    return made


def _require_patience(user: Any) -> None:
    lately = timezone.now() - timedelta(days=1)
    if Suggestion.objects.filter(by=user, made_at__gt=lately).count() >= MOST_A_DAY:
        told = _("You have made %(number)d suggestions since yesterday. Please go on tomorrow.")
        raise Refused(told % {"number": MOST_A_DAY})


def _tell_curators(collection: Collection) -> None:
    number = Suggestion.objects.filter(within(collection), state=State.OPEN).count()
    people = telling.curators_of([collection]).get(collection.pk, [])
    url = reverse("occurrences:suggestions", args=[collection.guid])
    noticing.tell(people, TO_REVIEW, url, {"number": number, "collection": collection.name})


def problems_of(record: Occurrence, changes: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with new texts, by column, as the editor would say it."""
    now = editing.texts_of(exact_values(record))
    found = editing.read({**now, **{name: text for name, text in changes.items() if text}})
    return {name: found.problems[name] for name in changes if name in found.problems}


def fields_of(suggestion: Suggestion, record: Occurrence) -> list[Proposed]:
    """Return what is suggested, as the reader for whom `record` was fetched may see it."""
    now = texts_seen(record)
    found = []
    for column in sorted(suggestion.changes, key=_place):
        given, term = suggestion.changes[column], terms.BY_COLUMN[column]
        known = column in now
        old, here = (given["old"], now[column]) if known else ("", "")
        stale = known and here != old and here != given["new"]
        applied = column in suggestion.applied
        found.append(
            Proposed(
                *(column, _(term.label), term.name, old, here, given["new"]), known, stale, applied
            )
        )
    return found


def _place(column: str) -> int:
    return COLUMNS.index(column) if column in COLUMNS else len(COLUMNS)


# --- deciding ---------------------------------------------------------------------------------


def apply(
    suggestion: Suggestion, user: Any, columns: Iterable[str], version: int | None, answer: str = ""
) -> Suggestion:
    """Write these columns as suggested, in an edit of `user` that names the suggester.

    version: of the record as he looked at it. Another name is added as a new determination.
    Raises Refused.
    """
    with transaction.atomic():
        suggestion = _open(suggestion, user)
        record = Occurrence.objects.editable_by(user).get(guid=suggestion.record_guid)
        chosen = [column for column in suggestion.changes if column in set(columns)]
        if not chosen:
            raise Refused(_("Choose the fields to take over, or decline with a reason."))
        if version != record.version:
            raise Refused(_("The record was changed meanwhile. Look at it again."))
        _write(suggestion, user, record, chosen)
        whole = len(chosen) == len(suggestion.changes)
        suggestion.applied = chosen
        _decide(suggestion, user, State.APPLIED if whole else State.PARTLY, answer)
    _tell_suggester(suggestion, record)
    return suggestion


def _write(suggestion: Suggestion, user: Any, record: Occurrence, columns: list[str]) -> None:
    now = editing.texts_of(exact_values(record))
    typed = {column: suggestion.changes[column]["new"] for column in columns}
    is_new = bool(typed.get("scientific_name"))
    if is_new:  # who determined it as what it was doesn't stand for the new name
        own = ("identified_by", "date_identified", "identification_qualifier")
        typed = {**dict.fromkeys((*own, "scientific_name_authorship"), ""), **typed}
    saved = editing.save(record.guid, user, record.version, now, typed, new_determination=is_new)
    for column, problem in saved.problems.items():
        raise Refused(f"{_(terms.BY_COLUMN[column].label)}: {problem}")
    if saved.change_set:
        told = _("Suggested by %(person)s") % {"person": suggestion.by or _("somebody")}
        saved.change_set.reason = told
        saved.change_set.save(update_fields=["reason"])
        suggestion.change_set = saved.change_set


def decline(suggestion: Suggestion, user: Any, answer: str) -> Suggestion:
    """Take nothing over, and say why. Raises Refused without a reason."""
    if not answer.strip():
        raise Refused(_("Say why, for the person who took the trouble."))
    with transaction.atomic():
        suggestion = _open(suggestion, user)
        record = Occurrence.objects.editable_by(user).get(guid=suggestion.record_guid)
        _decide(suggestion, user, State.DECLINED, answer)
    _tell_suggester(suggestion, record)
    return suggestion


def withdraw(suggestion: Suggestion, user: Any) -> None:
    """Let the suggester take his own suggestion back while nobody has decided it."""
    mine = Suggestion.objects.filter(pk=suggestion.pk, by=user, state=State.OPEN)
    if not mine.update(state=State.WITHDRAWN, decided_at=timezone.now()):
        raise Refused(_("It was decided already."))


def _open(suggestion: Suggestion, user: Any) -> Suggestion:
    """Return it locked, if it still waits and `user` may decide it. Raises Refused."""
    Suggestion.objects.select_for_update().get(pk=suggestion.pk)
    found = reviewable_by(user).filter(pk=suggestion.pk).first()
    if found is None or not found.is_open:
        raise Refused(_("It was decided already."))
    return found


def _decide(suggestion: Suggestion, user: Any, state: State, answer: str) -> None:
    suggestion.state, suggestion.answer = state, answer.strip()[:LONGEST]
    suggestion.decided_by, suggestion.decided_at = user, timezone.now()
    suggestion.save()


def _tell_suggester(suggestion: Suggestion, record: Occurrence) -> None:
    kinds = {State.APPLIED: APPLIED, State.PARTLY: PARTLY, State.DECLINED: DECLINED}
    if suggestion.by is None or not visible_to(suggestion.by).filter(pk=suggestion.pk).exists():
        return
    words = {"record": telling.sheet(record)}
    kind = kinds[State(suggestion.state)]
    noticing.tell([suggestion.by], kind, suggestion.get_absolute_url(), words)


@holds("suggestions")
def _held(person: Any) -> Rows:
    made = Suggestion.objects.filter(by=person)
    return made.values("record_guid", "changes", "remark", "evidence", "state", "made_at", "answer")
