"""Every address of the site by its name, for the tests that must not forget one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

# Pages of packages, tested there: they show nothing of ours but our templates around their forms.
THIRD_PARTY = {
    "account_login": "allauth: sign in",
    "account_logout": "allauth: sign out",
    "account_signup": "allauth: closed unless the settings open it",
    "account_inactive": "allauth: what a closed account is told",
    "set_language": "Django: chooses the language",
}


def names() -> set[str]:
    """Return the names of all addresses, with their app: "occurrences:record"."""
    return set(_walk(get_resolver().url_patterns, ""))


def ours() -> set[str]:
    return names() - THIRD_PARTY.keys()


def _walk(patterns: list[Any], namespace: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} has no name"
            yield f"{namespace}{pattern.name}"
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
