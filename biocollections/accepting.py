"""What a collection accepts from others: transfers, copies, files, or nothing."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from biocollections.models import Collection

TRANSFER, COPY, FILE = "transfer", "copy", "file"
_WAYS = {
    TRANSFER: (
        "accepts_transfers",
        _("Transfers: you offer records, and on acceptance they move here"),
    ),
    COPY: ("accepts_copies", _("Copies: you offer records, and keep your own")),
    FILE: ("accepts_files", _("Files: packages of records to import")),
}


def accepts(collection: Collection, how: str) -> bool:
    """Tell whether records may be sent there as "transfer", "copy" or "file".

    What is kept elsewhere (a snapshot, an aggregate) takes files alone: its own database decides
    what it holds.
    """
    if how != FILE and collection.management != Collection.Management.LIVE:
        return False
    return bool(getattr(collection, _WAYS[how][0]))


def in_words(collection: Collection) -> list[Any]:
    """Return what it accepts, in words for its profile; [] is nothing."""
    return [words for how, (_field, words) in _WAYS.items() if accepts(collection, how)]
