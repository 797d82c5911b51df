"""Portal-wide permissions, answered from grants.

Apps that may not import this one ask Django: `user.has_perm("taxonomy.change_taxon")`.
"""

from __future__ import annotations

from typing import Any

from biocollections.models import Grant, Role

ROLES = {
    "taxonomy.change_taxon": (Role.TAXONOMY_EDITOR, Role.PORTAL_ADMIN),
    "occurrences.change_protection_rule": (Role.PROTECTED_SPECIES_ADMIN, Role.PORTAL_ADMIN),
    "collections.change_grant": (Role.PORTAL_ADMIN,),  # portal-wide; within: Grant.grantable_by
    "collections.change_place": (Role.PORTAL_ADMIN,),
    "accounts.change_user": (Role.PORTAL_ADMIN,),
    "portal.change_settings": (Role.PORTAL_ADMIN,),
    "occurrences.oversee_transfers": (Role.PORTAL_ADMIN,),
}


class GrantBackend:
    """Django's authentication backend that signs nobody in and knows what grants allow now."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def get_user(self, user_id: int) -> None:
        return None

    def has_perm(self, user: Any, permission: str, obj: object = None) -> bool:
        """Tell whether a valid portal-wide grant of `user` gives `permission`."""
        return permission in ROLES and permission in permissions_of(user)


def permissions_of(user: Any) -> set[str]:
    """Return all portal-wide permissions that `user` has now, in one query."""
    if not user.is_authenticated or not user.is_active:
        return set()
    granted = Grant.objects.valid().filter(user_id=user.pk, collection=None, scope={})
    held = set(granted.values_list("role", flat=True))
    return {permission for permission, roles in ROLES.items() if held.intersection(roles)}
