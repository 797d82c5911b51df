"""Images of records: brought in, told about, ordered, deleted, handed on, and all of it undone.

A row belongs to its record by GUID (`occurrences.models.media`), so nothing is to be done for it
when the record moves or is deleted. Its files are never changed, and stay while a row or the
history names them: that is why a deleted image can come back. Rights are the caller's business.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journal import jobs, undo
from journal.jobs import Progress, Refused, work
from journal.models import Change, ChangeSet
from occurrences import bulk, picturing
from occurrences.models import DeletedOccurrence, Media, Occurrence
from occurrences.models.media import KEPT, folder_of

KIND = "media"  # of a Change, and of the job that makes an image ready
MOST_OF_RECORD = 200
CHUNK = 1000
CHANGE = Change._meta.db_table
TOLD = ("caption", "creator", "rights_holder", "license")  # what a person writes about an image
LABELS = {
    "caption": gettext_lazy("Caption"),
    "creator": gettext_lazy("Creator"),
    "rights_holder": gettext_lazy("Rights Holder"),
    "license": gettext_lazy("License"),
    "position": gettext_lazy("Place among the images"),
    "record_guid": gettext_lazy("Record"),
}
Before = Mapping[str, Any] | None


def of(record_guid: UUID) -> Any:
    """Return a record's images in their order, whoever asks: filter them by right."""
    return Media.objects.filter(record_guid=record_guid)


def is_free(record_guid: UUID) -> bool:
    """Tell whether no record has, or had, this GUID: one that is being typed will."""
    standing = Occurrence.objects.filter(guid=record_guid).exists()
    return not standing and not DeletedOccurrence.objects.filter(guid=record_guid).exists()


# --- what people do ---------------------------------------------------------------------------


def add(change_set: ChangeSet, record_guid: UUID, file: File, told: Mapping[str, str]) -> Media:
    """Keep an uploaded file as an image of the record, and have it made ready to show.

    told: {TOLD: text}. A large one is made ready by a job. Raises Refused for what is no picture,
    or not one that is safe to open; then nothing is kept.
    """
    picture = picturing.look(file)
    if of(record_guid).count() >= MOST_OF_RECORD:
        raise Refused(_("The record has %(most)s images already.") % {"most": MOST_OF_RECORD})
    shown = picturing.make(file) if picture.is_quick else None
    last = of(record_guid).aggregate(last=Max("position"))["last"]
    medium = Media(
        record_guid=record_guid,
        position=0 if last is None else last + 1,
        file_name=(file.name or "")[-300:],
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        size=file.size,
        sha256=_sha256(file),
        uploaded_by=change_set.user,
        **{name: told.get(name, "") for name in TOLD},
    )
    file.seek(0)
    _keep(medium, Media.Size.ORIGINAL, file)
    if shown:
        _keep_shown(medium, shown)
    with transaction.atomic():
        medium.save()
        _note(change_set, medium, None, medium.as_row())
        if not shown:
            jobs.start(KIND, medium.guid, change_set.user, change_set.collection_id)
    return medium


def tell(change_set: ChangeSet, medium: Media, texts: Mapping[str, str]) -> bool:
    """Write what is said about an image; return False where it said so already."""
    return bool(_set(change_set, [(medium, {n: texts[n] for n in TOLD if n in texts})]))


def delete(change_set: ChangeSet, media: Iterable[Media]) -> int:
    """Take images away from their record; their files stay, for an undo. Returns how many."""
    gone = list(media)
    with transaction.atomic():
        for medium in gone:
            _note(change_set, medium, medium.as_row(), None)
        Media.objects.filter(pk__in=[medium.pk for medium in gone]).delete()
    return len(gone)


def move(change_set: ChangeSet, medium: Media, by: int) -> bool:
    """Put an image `by` places later among its record's (earlier where negative)."""
    with transaction.atomic():
        row = list(of(medium.record_guid).select_for_update())
        now = next((n for n, each in enumerate(row) if each.pk == medium.pk), None)
        if now is None:
            return False
        row.insert(max(0, now + by), row.pop(now))
        return bool(_set(change_set, [(each, {"position": n}) for n, each in enumerate(row)]))


def give_to(change_set: ChangeSet, from_guid: UUID, to_guid: UUID) -> int:
    """Hand all images of one record to another, after its own (for a merge); return how many."""
    with transaction.atomic():
        last = of(to_guid).aggregate(last=Max("position"))["last"]
        begin = 0 if last is None else last + 1
        given = [
            (medium, {"record_guid": to_guid, "position": begin + n})
            for n, medium in enumerate(of(from_guid).select_for_update())
        ]
        return _set(change_set, given)


def _set(change_set: ChangeSet, wanted: Iterable[tuple[Media, Mapping[str, Any]]]) -> int:
    """Write these fields where they differ, with their history; return how many images changed."""
    changed = 0
    with transaction.atomic():
        for medium, values in wanted:
            was = medium.as_row()
            for name, value in values.items():
                setattr(medium, name, value)
            now = medium.as_row()
            fields = [name for name in values if was[name] != now[name]]
            if fields:
                medium.save(update_fields=fields)
                before, after = ({n: row[n] for n in fields} for row in (was, now))
                _note(change_set, medium, before, after)
                changed += 1
    return changed


def _note(change_set: ChangeSet, medium: Media, before: Before, after: Before) -> None:
    within = Occurrence.objects.filter(guid=medium.record_guid).values_list("collection_id").first()
    Change.objects.create(
        change_set=change_set,
        collection_id=within[0] if within else change_set.collection_id,
        kind=KIND,
        row_guid=medium.guid,
        record_guid=medium.record_guid,
        before=before,
        after=after,
    )


def lines(change: Change) -> list[tuple[str, str, str]]:
    """Return what a change says of an image: (label, old text, new text)."""
    before, after = change.before or {}, change.after or {}
    if change.before is None or change.after is None:
        return [(_("Image"), *(_title(row) for row in (before, after)))]  # type: ignore[list-item]
    return [
        (_("Image: %(field)s") % {"field": LABELS[name]}, _told(name, before), _told(name, after))
        for name in LABELS
        if name in after
    ]


def _title(row: Mapping[str, Any]) -> str:
    return row.get("caption") or row.get("file_name") or (_("without a caption") if row else "")


def _told(name: str, row: Mapping[str, Any]) -> str:
    value = row.get(name)
    return str(value + 1) if name == "position" and value is not None else str(value or "")


# --- files ------------------------------------------------------------------------------------


def open_file(medium: Media, size: str) -> IO[bytes] | None:
    """Return one of an image's files to read, None where it isn't made or is lost."""
    path = medium.path(size)
    return default_storage.open(path, "rb") if default_storage.exists(path) else None


def _keep(medium: Media, size: str, file: File) -> None:
    path = medium.path(size)
    if default_storage.exists(path):  # of an attempt that was cut off
        default_storage.delete(path)
    default_storage.save(path, file)


def _keep_shown(medium: Media, shown: picturing.Shown) -> None:
    _keep(medium, Media.Size.WEB, ContentFile(shown.web))
    _keep(medium, Media.Size.THUMBNAIL, ContentFile(shown.thumbnail))
    medium.state = Media.State.READY


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while part := file.read(2**20):
        digest.update(part)
    return digest.hexdigest()


@work(KIND)
def make_ready(progress: Progress) -> dict[str, Any]:
    """Make what is shown of the image whose GUID is the job's key."""
    medium = Media.objects.filter(guid=progress.job.key).first()
    file = open_file(medium, Media.Size.ORIGINAL) if medium else None
    if medium is None or file is None:
        raise Refused(_("The image is no longer there."))
    progress.report(0, 1, _("Preparing the image"))
    try:
        with file:
            _keep_shown(medium, picturing.make(file))
    except Refused:
        medium.state = Media.State.FAILED
        raise
    finally:
        medium.save(update_fields=["state"])
    return {"media": 1}


# --- taking back ------------------------------------------------------------------------------


def restore_media(undoing: undo.Undoing) -> None:
    """Take back what a change set did to images; registered with `journal.undo`.

    One that was told about or moved since stays, and is listed.
    """
    changes = Change.objects.filter(change_set=undoing.change_set, kind=KIND).order_by("pk")
    last = 0
    while part := list(changes.filter(pk__gt=last)[:CHUNK]):
        with transaction.atomic():
            for change in _taken_together(part):
                _take_back(undoing, change)
            undoing.keep()
        last = part[-1].pk
        undoing.report()


# Before the records: what a merge handed on goes back to a record that comes back after it.
undo.register(KIND, restore_media, first=True)


def _taken_together(changes: Sequence[Change]) -> list[Change]:
    """Return one change for each image: what was before the first, what is after the last."""
    net: dict[UUID, Change] = {}
    for change in changes:
        first = net.setdefault(change.row_guid, change)
        if first is change:
            continue
        if first.before is not None:
            first.before = {**(change.before or {}), **first.before}
        first.after = None if change.after is None else {**(first.after or {}), **change.after}
    return list(net.values())


def _take_back(undoing: undo.Undoing, change: Change) -> None:
    medium = Media.objects.select_for_update().filter(guid=change.row_guid).first()
    if medium is None:
        if change.after is None and change.before is not None:
            undoing.counts["restored"] += _bring_back(undoing.undo, change.before)
        return
    now = medium.as_row()
    if change.after is None:
        return
    moved_on = [name for name, value in change.after.items() if now[name] != value]
    if _is_elsewhere(change, medium):
        undoing.conflict(medium.record_guid, ["collection"])
    elif change.before is None:
        if moved_on:
            undoing.conflict(medium.record_guid, moved_on)
        else:
            undoing.counts["removed"] += delete(undoing.undo, [medium])
    else:
        back = {n: v for n, v in change.before.items() if n not in moved_on}
        if moved_on and any(now[name] != change.before[name] for name in moved_on):
            undoing.conflict(medium.record_guid, moved_on)
        undoing.counts["reverted"] += _set(undoing.undo, [(medium, back)])


def _is_elsewhere(change: Change, medium: Media) -> bool:
    """Tell whether the record is in another collection by now, whose business its images are."""
    standing = Occurrence.objects.filter(guid=medium.record_guid)
    return standing.exclude(collection_id=change.collection_id or 0).exists()


def _bring_back(change_set: ChangeSet, row: Mapping[str, Any]) -> int:
    """Insert an image that was deleted, as its history holds it."""
    medium = Media(guid=UUID(row["guid"]))
    is_ready = default_storage.exists(medium.path(Media.Size.WEB))
    state = Media.State.READY if is_ready else Media.State.FAILED
    bulk.insert(Media._meta.db_table, [*KEPT, "state"], [{**row, "state": state}])
    medium = Media.objects.get(guid=medium.guid)
    _note(change_set, medium, None, medium.as_row())
    return 1


# --- what nothing refers to -------------------------------------------------------------------

KEPT_UNSAVED = timedelta(days=15)  # longer than a browser keeps the draft of the record


def sweep() -> int:
    """Let go what was uploaded in vain; return how many images and files went.

    That is an image of a record that was never saved, and files that no row and no history names:
    of an upload that was cut off.
    """
    old = Media.objects.filter(created_at__lt=timezone.now() - KEPT_UNSAVED)
    standing = Occurrence.objects.filter(guid__in=old.values("record_guid")).values("guid")
    deleted = DeletedOccurrence.objects.values("guid")
    vain = old.exclude(record_guid__in=standing).exclude(record_guid__in=deleted)
    guids = set(vain.values_list("guid", flat=True))
    with transaction.atomic():
        Media.objects.filter(guid__in=guids).delete()
        Change.objects.filter(kind=KIND, row_guid__in=guids).delete()
    for guid in guids:
        _forget(guid)
    return len(guids) + _forget_unnamed()


def _forget_unnamed() -> int:
    forgotten = 0
    for part in _folders("media"):
        guids = {guid for name in _folders(f"media/{part}") if (guid := _as_guid(name))}
        named = set(Media.objects.filter(guid__in=guids).values_list("guid", flat=True))
        told = Change.objects.filter(kind=KIND, row_guid__in=guids - named)
        named.update(told.values_list("row_guid", flat=True))
        for guid in guids - named:
            if _is_old(guid):
                _forget(guid)
                forgotten += 1
    return forgotten


def _folders(path: str) -> list[str]:
    try:
        return default_storage.listdir(path)[0]
    except FileNotFoundError:
        return []


def _as_guid(name: str) -> UUID | None:
    try:
        return uuid.UUID(name)
    except ValueError:
        return None


def _is_old(guid: UUID) -> bool:
    """Tell by its GUID, which begins with the time, whether an upload can't be under way still."""
    made = (guid.int >> 80) / 1000
    return made < (timezone.now() - timedelta(days=1)).timestamp()


def _forget(guid: UUID) -> None:
    folder = folder_of(guid)
    for name in Media.Size.values:
        default_storage.delete(f"{folder}/{name}")
    default_storage.delete(folder)
