"""Signing in as somebody: what the help desk sees when it looks over a person's shoulder.

The session stays the helper's own; each request is answered as if the person had made it, until it
is ended, an hour has passed, or the helper's right has gone. The person's account itself
(password, address, second factors, deletion) can't be touched meanwhile, and nobody acts as
somebody who administers the portal. Who did, when, why and how much was changed is an
AccountEvent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import AccountEvent, User, note
from journal.models import ChangeSet

KEY = "acting"
RIGHT = "accounts.change_user"
LONGEST = timedelta(hours=1)
# The account's own pages, which are nobody else's; its overview may be looked at.
NOT_TOUCHED = ("/accounts/", "/profile/account/")
OVERVIEW = "/profile/account/"

Answer = Callable[[HttpRequest], HttpResponseBase]


def as_somebody(get_response: Answer) -> Answer:
    """Middleware: answer a helper as the person he acts for; `request.acting` is the event."""

    def answer(request: Any) -> HttpResponseBase:
        request.acting = _current(request)
        if request.acting:
            request.acting.helper = request.user
            request.user = request.acting.person
            if request.path_info.startswith(NOT_TOUCHED) and request.path_info != OVERVIEW:
                raise PermissionDenied
        return get_response(request)

    return answer


def may_act_for(helper: Any, person: Any) -> bool:
    """Tell whether `helper` may sign in as `person`, make him a link, or change his address."""
    return bool(
        helper.has_perm(RIGHT)
        and person != helper
        and person.is_active
        and not person.has_perm(RIGHT)
        and not person.is_superuser
    )


def begin(request: HttpRequest, person: User, reason: str) -> None:
    """Act for `person` from the next request on. Raises PermissionDenied."""
    if not may_act_for(request.user, person):
        raise PermissionDenied
    event = note(person, AccountEvent.Kind.ACTING, by=request.user, reason=reason)
    request.session[KEY] = event.pk


def end(request: Any) -> AccountEvent | None:
    """Be oneself again, and return what has ended, if anything."""
    event = _event(request)
    request.session.pop(KEY, None)
    if event:
        _close(event)
    return event


def _current(request: Any) -> AccountEvent | None:
    event = _event(request)
    if event is None:
        return None
    fresh = event.at > timezone.now() - LONGEST
    if fresh and event.by_id == request.user.pk and may_act_for(request.user, event.person):
        return event
    end(request)
    return None


def _event(request: Any) -> AccountEvent | None:
    key = request.session.get(KEY)
    if not key:
        return None
    events = AccountEvent.objects.select_related("person", "by")
    return events.filter(pk=key, kind=AccountEvent.Kind.ACTING, until=None).first()


def _close(event: AccountEvent) -> None:
    """Keep when it ended and how many change sets were made meanwhile."""
    event.until = timezone.now()
    made = ChangeSet.objects.filter(
        user=event.person, made_at__gte=event.at, made_at__lte=event.until
    )
    event.detail = {"changes": made.count()}
    event.save(update_fields=["until", "detail"])
