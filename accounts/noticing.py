"""Notices: what happened that concerns a person, told on a page and, if he wishes, by mail.

An app registers its kinds of notices with their sentences (`kind`) and tells people (`tell`). The
words that fill a sentence are plain text that the person may read wherever he is: names of files,
collections, people; never an exact place. The sentence is put together when it is read, in the
reader's language.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts import mailing
from accounts.models import Notice, NoticeMails, User

logger = logging.getLogger(__name__)

A_DAY = timedelta(hours=23)  # between two mails that hold what has come together
TOO_OLD_TO_MAIL = timedelta(days=7)
MOST_COUNTED = 100


class _Sentence(NamedTuple):
    one: str
    many: str


_sentences: dict[str, _Sentence] = {}


def kind(name: str, sentence: str, many: str = "") -> str:
    """Register a kind of notice and return its name.

    sentence: marked by gettext_noop, with %(word)s for its words; many: the same for a word
    "number" other than one.
    """
    _sentences[name] = _Sentence(sentence, many)
    return name


def tell(people: Iterable[Any], kind: str, url: str, words: Mapping[str, object]) -> None:
    """Give each of `people` (None and doubles left out) a notice, unread.

    url: the path it leads to. One of the same kind and path that a person hasn't read yet is
    replaced, so that work done twice is told once.
    """
    if kind not in _sentences:
        raise KeyError(f"no kind of notice: {kind}")
    those = {person.pk: person for person in people if person is not None and person.is_active}
    if not those:
        return
    plain = {name: word if isinstance(word, int) else str(word) for name, word in words.items()}
    with transaction.atomic():
        Notice.objects.filter(person__in=those, kind=kind, url=url, read_at=None).delete()
        Notice.objects.bulk_create(
            Notice(person=person, kind=kind, url=url, words=plain) for person in those.values()
        )
        if any(person.notice_mails == NoticeMails.AT_ONCE for person in those.values()):
            transaction.on_commit(_mail_soon)


def sentence(notice: Notice) -> str:
    """Return what a notice says, in the language of now."""
    known = _sentences.get(notice.kind)
    if known is None:  # of a version that has gone
        return notice.kind
    number = notice.words.get("number", 1)
    text = ngettext(known.one, known.many, number) if known.many else gettext(known.one)
    return text % _Words(notice.words)


class _Words(dict[str, Any]):
    """A word that a notice of an older version lacks is left blank."""

    def __missing__(self, name: str) -> str:
        return ""


def unread(person: Any) -> QuerySet[Notice]:
    """Return the notices `person` has not read."""
    return Notice.objects.filter(person=person, read_at=None)


def number_unread(person: Any) -> int:
    """Return how many those are, counted no further than MOST_COUNTED."""
    return unread(person)[:MOST_COUNTED].count()


def read(notices: QuerySet[Notice]) -> None:
    """Keep that these have been read."""
    notices.filter(read_at=None).update(read_at=timezone.now())


def seen(person: Any, url: str) -> None:
    """Keep that `person` has read the notices that lead to this path: he is there now."""
    read(unread(person).filter(url=url))


# --- by mail ------------------------------------------------------------------------------------


def _mail_soon() -> None:
    from accounts.tasks import mail_notices

    try:
        mail_notices.delay()
    except Exception:  # a broker that is down: the beat mails them
        logger.exception("The broker can't be reached; notices wait for their mail")


def mail() -> int:
    """Mail what is unread and was not mailed yet, one mail a person; return how many mails."""
    return sum(_mail_to(key) for key in _waiting().values_list("person", flat=True).distinct())


def _waiting() -> QuerySet[Notice]:
    wished = (NoticeMails.AT_ONCE, NoticeMails.DAILY)
    return Notice.objects.filter(
        person__notice_mails__in=wished,
        person__is_active=True,
        read_at=None,
        mailed_at=None,
        made_at__gt=timezone.now() - TOO_OLD_TO_MAIL,
    ).exclude(person__email="")


def _mail_to(key: int) -> bool:
    """Mail one person, unless somebody else is at it or a day has not passed."""
    with transaction.atomic():
        person = User.objects.select_for_update(skip_locked=True).filter(pk=key).first()
        if person is None or _had_mail_today(person):
            return False
        notices = list(_waiting().filter(person=person).order_by("pk"))
        if not notices:
            return False
        Notice.objects.filter(pk__in=[each.pk for each in notices]).update(mailed_at=timezone.now())
    lines = [(sentence(each), settings.SITE_URL + each.url) for each in notices]
    context = {"person": person, "lines": lines, "first": lines[0][0], "site": settings.SITE_URL}
    mailing.send("accounts/email/notices", person.email, context)
    return True


def _had_mail_today(person: User) -> bool:
    lately = Notice.objects.filter(person=person, mailed_at__gt=timezone.now() - A_DAY)
    return person.notice_mails == NoticeMails.DAILY and lately.exists()
