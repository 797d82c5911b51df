"""A person's one e-mail address, as allauth keeps it."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress


def confirm(person: Any) -> None:
    """Make `person.email` his one confirmed address, by the word of whoever made the account."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    if person.email:
        EmailAddress.objects.update_or_create(
            user=person, email=person.email, defaults={"verified": True, "primary": True}
        )
