"""What is forgotten with time, and the mails about notices."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import noticing
from accounts.models import Notice, SentMail, User, WrongGuess

MAILS_KEPT = timedelta(days=90)
NOTICES_KEPT = timedelta(days=365)
UNCONFIRMED_KEPT = timedelta(days=7)


@shared_task(name="accounts.tasks.forget")
def forget() -> None:
    """Forget old mails, notices and guesses, ended sessions, and registrations nobody confirmed.

    An account that has never signed in and whose address was never confirmed goes, so that nobody
    holds another's name or address.
    """
    now = timezone.now()
    SentMail.objects.filter(at__lt=now - MAILS_KEPT).delete()
    Notice.objects.filter(made_at__lt=now - NOTICES_KEPT).delete()
    WrongGuess.objects.filter(at__lt=now - timedelta(days=1)).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    never = User.objects.filter(
        last_login=None,
        date_joined__lt=now - UNCONFIRMED_KEPT,
        emailaddress__isnull=False,
        events__kind="registered",
    )
    never.exclude(emailaddress__verified=True).delete()


@shared_task(name="accounts.tasks.mail_notices")
def mail_notices() -> None:
    """Mail the notices of those who wish it; called by each notice, and every ten minutes."""
    noticing.mail()
