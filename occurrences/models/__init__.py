"""The tables of records and of what moves them in and out."""

from occurrences.models.importing import ImportOutcome, ImportRow, ImportRun
from occurrences.models.protecting import ProtectionList, ProtectionRule
from occurrences.models.record import (
    DeletedOccurrence,
    ExtensionRow,
    Identification,
    Identifier,
    Occurrence,
    PendingName,
    Protection,
    Withheld,
)
from occurrences.models.taking import Download, DownloadLog

__all__ = [
    "DeletedOccurrence",
    "Download",
    "DownloadLog",
    "ExtensionRow",
    "Identification",
    "Identifier",
    "ImportOutcome",
    "ImportRow",
    "ImportRun",
    "Occurrence",
    "PendingName",
    "Protection",
    "ProtectionList",
    "ProtectionRule",
    "Withheld",
]
