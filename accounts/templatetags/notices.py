"""How many notices somebody has not read, for the header of each page; and what one says."""

from typing import Any

from django import template

from accounts import noticing
from accounts.models import Notice

register = template.Library()


@register.simple_tag
def unread_notices(user: Any) -> int:
    """Return the number of unread notices of `user`; it costs one query."""
    return noticing.number_unread(user) if user.is_authenticated else 0


@register.filter
def sentence(notice: Notice) -> str:
    """Return what a notice says."""
    return noticing.sentence(notice)
