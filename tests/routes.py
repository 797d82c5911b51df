"""Every address of the site by its name, for the tests that must not forget one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver

# Pages of packages, tested there: they show nothing of ours but our templates around their forms.
THIRD_PARTY = {
    "account_login": "allauth: sign in",
    "account_logout": "allauth: sign out",
    "account_signup": "allauth: register, where the settings or an invitation allow it",
    "account_inactive": "allauth: what a closed account is told",
    "account_reauthenticate": "allauth: the password again",
    "account_email": "allauth: change the address",
    "account_email_verification_sent": "allauth: fixed text",
    "account_confirm_email": "allauth: the link that confirms an address",
    "account_change_password": "allauth: change the password",
    "account_set_password": "allauth: a first password",
    "account_reset_password": "allauth: ask for a link to a new password",
    "account_reset_password_done": "allauth: fixed text",
    "account_reset_password_from_key": "allauth: the link to a new password",
    "account_reset_password_from_key_done": "allauth: fixed text",
    "mfa_index": "allauth: one's second factors",
    "mfa_authenticate": "allauth: the second factor while signing in",
    "mfa_reauthenticate": "allauth: a second factor again",
    "mfa_activate_totp": "allauth: an authenticator app",
    "mfa_deactivate_totp": "allauth: no authenticator app",
    "mfa_view_recovery_codes": "allauth: recovery codes",
    "mfa_generate_recovery_codes": "allauth: recovery codes",
    "mfa_download_recovery_codes": "allauth: recovery codes",
    "mfa_list_webauthn": "allauth: one's passkeys",
    "mfa_add_webauthn": "allauth: add a passkey",
    "mfa_remove_webauthn": "allauth: remove a passkey of one's own",
    "mfa_edit_webauthn": "allauth: rename a passkey of one's own",
    "mfa_reauthenticate_webauthn": "allauth: a passkey again",
    "mfa_login_webauthn": "allauth: sign in by a passkey",
    "usersessions_list": "allauth: where one is signed in",
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
