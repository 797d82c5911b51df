"""My Profile: what happened that concerns me, and whether I want a mail about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import noticing
from accounts.forms import NoticeMailsForm
from accounts.models import Notice

PAGE = 50


@login_required
@require_safe
def notices(request: Any) -> HttpResponse:
    """List my notices: the first page opens with all that I have not read."""
    mine = Notice.objects.filter(person=request.user)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        found, fresh = mine.exclude(read_at=None).filter(pk__lt=int(before[:18])), []
    else:
        found, fresh = mine.exclude(read_at=None), list(noticing.unread(request.user)[:PAGE])
    older = list(found[: PAGE + 1])
    context = {
        "fresh": fresh,
        "older": older[:PAGE],
        "next_url": f"?before={older[PAGE - 1].pk}" if len(older) > PAGE else "",
        "form": NoticeMailsForm(instance=request.user),
    }
    return render(request, "accounts/notices.html", context)


@login_required
@require_safe
def notice(request: Any, guid: UUID) -> HttpResponse:
    """Lead to what a notice is about; it has been read then, unless somebody else looks for me."""
    mine = Notice.objects.filter(person=request.user, guid=guid)
    shown = get_object_or_404(mine)
    if request.method == "GET" and not request.acting:
        noticing.read(mine)
    if not url_has_allowed_host_and_scheme(shown.url, allowed_hosts=None):
        return redirect("accounts:notices")
    return redirect(shown.url)


@login_required
@require_POST
def notices_read(request: Any) -> HttpResponse:
    """Mark all my notices as read."""
    noticing.read(noticing.unread(request.user))
    return redirect("accounts:notices")


@login_required
@require_POST
def notice_mails(request: Any) -> HttpResponse:
    """Choose when my notices are mailed."""
    form = NoticeMailsForm(request.POST, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
    return redirect("accounts:notices")
