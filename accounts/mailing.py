"""Every mail that leaves the portal, and that it did.

`Logged` is Django's e-mail backend here: whoever sends, the log has a line for each recipient. What
a mail said is not kept, since it may hold a link to a new password; in a demonstration it is, and
is shown on a page. A mail that can't be sent is an entry in the log, never an error of the page:
its answer must not tell whether there was an account to write to.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import SentMail

logger = logging.getLogger(__name__)


class Logged(BaseEmailBackend):
    """Hands mails on to the backend of EMAIL_URL and keeps that it did."""

    def send_messages(self, email_messages: Any) -> int:
        sent = 0
        for message in email_messages:
            error = _deliver(message)
            sent += not error
            SentMail.objects.bulk_create(
                SentMail(
                    recipient=recipient[:254],
                    kind=getattr(message, "kind", "")[:80],
                    subject=str(message.subject)[:300],
                    error=error[:300],
                    body=str(message.body) if settings.DEMO else "",
                )
                for recipient in message.recipients()
            )
        return sent


def _deliver(message: Any) -> str:
    """Hand one mail on and return "", or why it could not be."""
    if not settings.MAIL_LEAVES:
        return _("This portal sends no mail: EMAIL_URL is not set.")
    try:
        get_connection(settings.MAIL_DELIVERY).send_messages([message])
    except Exception as error:  # the mail server's libraries raise of all kinds
        logger.exception("A mail could not be sent")
        return f"{type(error).__name__}: {error}"
    return ""


def send(kind: str, to: str | list[str], context: dict[str, Any], reply_to: str = "") -> None:
    """Send the mail of the templates `kind`_subject.txt and `kind`_message.txt."""
    context = {"site_name": settings.SITE_NAME, "help_desk": settings.HELP_DESK, **context}
    subject = " ".join(render_to_string(f"{kind}_subject.txt", context).split())
    message = EmailMessage(
        f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}",
        render_to_string(f"{kind}_message.txt", context).strip() + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [to] if isinstance(to, str) else to,
        reply_to=[reply_to] if reply_to else None,
    )
    message.kind = kind  # type: ignore[attr-defined]
    message.send()
