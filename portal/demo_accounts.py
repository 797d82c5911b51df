"""The people of the demonstration whom anybody may be with one click."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DemoAccount(NamedTuple):
    username: str
    full_name: str
    role: str | Promise
    try_this: str | Promise


DEMO_ACCOUNTS = [
    DemoAccount(
        "manager",
        "Maria Manager",
        _("Administrator"),
        _("Import a file with mistakes in it, apply it, and take it back."),
    ),
]
