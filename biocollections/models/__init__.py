"""The tables of collections, of who may do what in them, and of those who ask."""

from biocollections.models.collection import (
    COLLECTION_ROLES,
    PORTAL_ROLES,
    SCOPED_ROLES,
    Collection,
    Contact,
    Gazetteer,
    Grant,
    Institution,
    JoinRequest,
    Person,
    Place,
    PlaceFile,
    PlaceName,
    PortalText,
    Role,
    is_portal_admin,
)
from biocollections.models.requesting import AccessDecision, AccessEntry, AccessRequest

__all__ = [
    "COLLECTION_ROLES",
    "PORTAL_ROLES",
    "SCOPED_ROLES",
    "AccessDecision",
    "AccessEntry",
    "AccessRequest",
    "Collection",
    "Contact",
    "Gazetteer",
    "Grant",
    "Institution",
    "JoinRequest",
    "Person",
    "Place",
    "PlaceFile",
    "PlaceName",
    "PortalText",
    "Role",
    "is_portal_admin",
]
