"""The tables of records and of what moves them in and out."""

from occurrences.models.batching import Batch
from occurrences.models.clustering import Cluster, ClusterMember, DismissedPair
from occurrences.models.habits import EditorHabits
from occurrences.models.handing import (
    Offer,
    OfferedRecord,
    OfferEntry,
    Origin,
    Package,
    PermitFile,
    Sending,
)
from occurrences.models.importing import ImportOutcome, ImportProfile, ImportRow, ImportRun
from occurrences.models.labelling import (
    LabelKind,
    LabelPrinted,
    LabelProfile,
    LabelRun,
    QueuedAnnotation,
)
from occurrences.models.media import Media
from occurrences.models.protecting import ProtectionList, ProtectionRule
from occurrences.models.record import (
    DeletedOccurrence,
    ExtensionRow,
    Identification,
    Identifier,
    Occurrence,
    OccurrenceQuerySet,
    PendingName,
    Protection,
    Withheld,
)
from occurrences.models.searching import SavedSearch
from occurrences.models.suggesting import Comment, Suggestion
from occurrences.models.taking import Download, DownloadLog, Transmittal

__all__ = [
    "Batch",
    "Cluster",
    "ClusterMember",
    "Comment",
    "DeletedOccurrence",
    "DismissedPair",
    "Download",
    "DownloadLog",
    "EditorHabits",
    "ExtensionRow",
    "Identification",
    "Identifier",
    "ImportOutcome",
    "ImportProfile",
    "ImportRow",
    "ImportRun",
    "LabelKind",
    "LabelPrinted",
    "LabelProfile",
    "LabelRun",
    "Media",
    "Occurrence",
    "OccurrenceQuerySet",
    "Offer",
    "OfferEntry",
    "OfferedRecord",
    "Origin",
    "Package",
    "PendingName",
    "PermitFile",
    "Protection",
    "ProtectionList",
    "ProtectionRule",
    "QueuedAnnotation",
    "SavedSearch",
    "Sending",
    "Suggestion",
    "Transmittal",
    "Withheld",
]
