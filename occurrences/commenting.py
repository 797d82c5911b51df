"""Comments on records, in plain text: who reads them, what waits for review, who is told.

Where a collection allows public edits a comment stands at once, and one that is reported waits for
review; elsewhere each waits for a curator. Of a protected record only those who may read its
place, and the author, see any: a comment tells a place as well as a field does.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import noticing
from accounts.leaving import Rows, holds
from biocollections.models import Collection, Person
from journal.jobs import Refused
from occurrences import telling
from occurrences.models import Comment, Occurrence, Protection, Suggestion, Withheld
from occurrences.regarding import any_of, editable, within

LONGEST = 4000  # letters; about 500 words
MOST_A_DAY, MOST_AT_ONCE = 50, 5
AT_ONCE = timedelta(minutes=2)
MOST_LINKS = 2  # more of them wait for a curator wherever they stand
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
State = Comment.State

TO_REVIEW = noticing.kind(
    "comments to review",
    gettext_noop("A comment waits for review in %(collection)s."),
    gettext_noop("%(number)s comments wait for review in %(collection)s."),
)
COMMENTED = noticing.kind(
    "comment on a record", gettext_noop("%(person)s commented on %(record)s.")
)
ANSWERED = noticing.kind(
    "comment answered", gettext_noop("%(person)s answered your comment on %(record)s.")
)
TALK = noticing.kind(
    "suggestion talked about", gettext_noop("%(person)s wrote about the correction of %(record)s.")
)
SHOWN = noticing.kind("comment shown", gettext_noop("Your comment on %(record)s is shown now."))
HIDDEN = noticing.kind(
    "comment hidden", gettext_noop("Your comment on %(record)s is not shown to others.")
)


def visible_to(user: Person) -> QuerySet[Comment]:
    """Return the comments on records that `user` may read, deleted ones as blanks among answers."""
    seen = Occurrence.objects.visible_to(user)
    told = seen.filter(
        Q(protection=Protection.OPEN)
        | Q(pk__in=Withheld.objects.readable_by(user).values("occurrence"))
    )
    public = Q(any_of(told), state__in=(State.SHOWN, State.DELETED), is_for_curators=False)
    own = Q(any_of(seen), by_id=user.pk or 0) & ~Q(state=State.DELETED)
    answered = Q(replies__isnull=False) | ~Q(state=State.DELETED)
    found = Comment.objects.filter(suggestion=None).filter(public | own | Q(editable(user)))
    return found.filter(answered).distinct().select_related("by", "answers__by")


def reviewable_by(user: Person) -> QuerySet[Comment]:
    """Return the comments that `user` may show and hide: on records he edits."""
    return Comment.objects.filter(editable(user), suggestion=None).select_related("by")


def say(
    user: Any,
    record: Occurrence,
    text: str,
    *,
    answers: Comment | None = None,
    for_curators: bool = False,
) -> Comment:
    """Keep a comment on a record that `user` sees, and tell whom it concerns. Raises Refused."""
    text = _plain(text)
    is_curator = Occurrence.objects.editable_by(user).filter(pk=record.pk).exists()
    shown = is_curator or (record.collection.public_edits and _links(text) <= MOST_LINKS)
    with transaction.atomic():
        _require_patience(user, record, text)
        made = Comment.objects.create(
            record_guid=record.guid,
            by=user,
            text=text,
            answers=answers,
            is_for_curators=for_curators or bool(answers and answers.is_for_curators),
            state=State.SHOWN if shown else State.WAITING,
            reviewed_at=timezone.now() if is_curator else None,
        )
    _tell(made, record, is_curator=is_curator)
    return made


def say_about(user: Any, suggestion: Suggestion, record: Occurrence, text: str) -> Comment:
    """Keep a word in the talk between suggester and curators, and tell the other side."""
    text = _plain(text)
    with transaction.atomic():
        _require_patience(user, record, text)
        made = Comment.objects.create(
            record_guid=record.guid, suggestion=suggestion, by=user, text=text, state=State.SHOWN
        )
    if user == suggestion.by:
        people = telling.curators_of([record.collection]).get(record.collection_id, [])
    else:
        people = [each for each in [suggestion.by] if each and _sees(each, record)]
    words = {"person": user, "record": telling.sheet(record)}
    noticing.tell(
        [each for each in people if each != user], TALK, suggestion.get_absolute_url(), words
    )
    return made


def _plain(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise Refused(_("Write something first."))
    if len(text) > LONGEST:
        raise Refused(_("This is longer than %(most)d letters.") % {"most": LONGEST})
    return text


def _links(text: str) -> int:
    return len(_LINK.findall(text))


def _require_patience(user: Any, record: Occurrence, text: str) -> None:
    """Refuse too many at once, and the same again."""
    get_user_model().objects.select_for_update().get(pk=user.pk)
    now = timezone.now()
    mine = Comment.objects.filter(by=user, made_at__gt=now - timedelta(days=1))
    if mine.filter(record_guid=record.guid, text=text).exclude(state=State.DELETED).exists():
        raise Refused(_("You have said this here already."))
    if mine.count() >= MOST_A_DAY or mine.filter(made_at__gt=now - AT_ONCE).count() >= MOST_AT_ONCE:
        raise Refused(_("These are many comments in a short time. Please wait a little."))


def _tell(comment: Comment, record: Occurrence, *, is_curator: bool) -> None:
    there = reverse("occurrences:comments", args=[record.guid])
    words = {"person": comment.by, "record": telling.sheet(record)}
    parent = comment.answers
    asked = parent.by if parent and comment.state == State.SHOWN else None
    if asked and asked != comment.by and visible_to(asked).filter(pk=comment.pk).exists():
        noticing.tell([asked], ANSWERED, there, words)
    if comment.state == State.WAITING:
        _tell_of_queue(record.collection)
    elif not is_curator:
        people = telling.curators_of([record.collection]).get(record.collection_id, [])
        told = parent.by if parent else None
        noticing.tell([each for each in people if each != told], COMMENTED, there, words)


def _tell_of_queue(collection: Collection) -> None:
    waiting = Comment.objects.filter(within(collection), state=State.WAITING, suggestion=None)
    people = telling.curators_of([collection]).get(collection.pk, [])
    url = reverse("occurrences:comments_of", args=[collection.guid])
    words = {"number": waiting.count(), "collection": collection.name}
    noticing.tell(people, TO_REVIEW, url, words)


def _sees(person: Any, record: Occurrence) -> bool:
    return Occurrence.objects.visible_to(person).filter(pk=record.pk).exists()


# --- reviewing --------------------------------------------------------------------------------


def show(comment: Comment, record: Occurrence) -> None:
    """Let others read it; it can't be reported away any more. The author is told."""
    _review(comment, State.SHOWN)
    _tell_author(comment, record, SHOWN)
    if comment.answers:
        _tell(comment, record, is_curator=True)


def hide(comment: Comment, record: Occurrence) -> None:
    """Let nobody but the author and the curators read it. The author is told."""
    _review(comment, State.HIDDEN)
    _tell_author(comment, record, HIDDEN)


def delete(comment: Comment) -> None:
    """Take its text away; where it was answered, a blank stays."""
    Comment.objects.filter(pk=comment.pk).update(state=State.DELETED, text="")


def report(comment: Comment, record: Occurrence) -> None:
    """Note that somebody finds it out of place; one that no curator has seen waits for review."""
    now = timezone.now()
    Comment.objects.filter(pk=comment.pk).update(reported_at=now)
    unseen = Comment.objects.filter(pk=comment.pk, reviewed_at=None, state=State.SHOWN)
    if unseen.update(state=State.WAITING):
        _tell_of_queue(record.collection)


def _review(comment: Comment, state: State) -> None:
    if comment.state == State.DELETED:
        raise Refused(_("It was deleted."))
    comment.state, comment.reviewed_at, comment.reported_at = state, timezone.now(), None
    comment.save(update_fields=["state", "reviewed_at", "reported_at"])


def _tell_author(comment: Comment, record: Occurrence, kind: str) -> None:
    if comment.by and _sees(comment.by, record):
        there = reverse("occurrences:comments", args=[record.guid])
        noticing.tell([comment.by], kind, there, {"record": telling.sheet(record)})


@holds("comments")
def _held(person: Any) -> Rows:
    made = Comment.objects.filter(by=person)
    return made.values("record_guid", "text", "state", "is_for_curators", "made_at")
