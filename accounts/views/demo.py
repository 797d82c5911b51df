"""The mails of a demonstration, which go nowhere else."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import SentMail

MOST = 100


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    if not settings.DEMO:
        raise Http404
    return render(request, "accounts/demo_mails.html", {"mails": SentMail.objects.all()[:MOST]})


@require_safe
def mail(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show what a mail said."""
    if not settings.DEMO:
        raise Http404
    shown = get_object_or_404(SentMail, guid=guid)
    return render(request, "accounts/demo_mail.html", {"mail": shown})
