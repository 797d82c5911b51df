"""How people and collections come to be: the one way for commands, pages and the demonstration."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import addresses
from biocollections.granting import grant
from biocollections.models import Collection, Person, Role


def add_user(username: str, *, email: str, password: str, **fields: Any) -> Any:
    """Make an account and return it. Raises ValidationError when name or e-mail won't do."""
    user = get_user_model()(username=username, email=email, **fields)
    if not password.strip():
        raise ValidationError(_("The password is blank."))
    user.set_password(password)
    user.full_clean()
    with transaction.atomic():
        user.save()
        addresses.confirm(user)
    return user


def found_collection(
    code: str,
    *,
    name: str,
    administrator: Person,
    reason: str,
    by: Person | None = None,
    **fields: Any,
) -> Collection:
    """Make a collection, grant its administrator, and return it. Raises ValidationError.

    `code` is the institution's code, or that and the collection's joined by a hyphen: "ARIZ-Fungi".
    by: who makes it, where that is a person of the portal.
    """
    institution_code, _hyphen, collection_code = code.partition("-")
    fields = {
        "institution_code": institution_code,
        "collection_code": collection_code,
        **fields,
    }
    if Collection.objects.filter(code__iexact=code).exists():
        raise ValidationError(_("There is a collection %(code)s already.") % {"code": code})
    collection = Collection(code=code, name=name.strip(), **fields)
    collection.full_clean()
    with transaction.atomic():
        collection.save()
        grant(administrator, Role.ADMINISTRATOR, collection, by=by, reason=reason, founding=True)
    return collection
