"""Exact places taken away by a grant: who may, how it is noted, what the file says of itself.

Administrators have their backups; this door is for people whom a grant lets read protected places.
The file holds the protected records he reads exactly and nothing else. It is a zip with a CSV that
can be imported as it is, and a README: both names and the README bear the identifier of the log.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from functools import partial
from typing import IO, Any, cast

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.leaving import Rows, holds, letting_go
from biocollections import granting
from biocollections.models import Collection, Grant, Person
from journal import jobs
from journal.jobs import Progress, Refused, work
from occurrences import downloads
from occurrences.models import Download, DownloadLog, Occurrence, Protection, Withheld

KIND = "download exact places"


def readable(user: Person, collection: Collection) -> QuerySet[Occurrence]:
    """Return the collection's place-protected records that `user` reads exactly."""
    exact = Withheld.objects.readable_by(user).filter(protection__lt=Protection.WHOLE)
    seen = Occurrence.objects.visible_to(user).filter(collection=collection)
    return seen.filter(pk__in=exact.values("occurrence"))


def start(user: Any, collection: Collection, purpose: str) -> Download:
    """Have a file made of what a grant of `user` opens there, and note it.

    The file he had before goes, its log stays; one that is being made already is waited for.
    Raises Refused without a grant.
    """
    grants = list(Grant.objects.reading(user, collection))
    if not grants:
        raise Refused(_("Your access to the exact places of this collection has ended."))
    for old in Download.objects.filter(
        user=user, collection=collection, format=Download.Format.EXACT
    ):
        if old.job and not old.job.is_finished:
            return old
        old.file.delete(save=False)
        old.delete()
    with transaction.atomic():
        download = Download.objects.create(
            user=user, collection=collection, format=Download.Format.EXACT
        )
        log = DownloadLog.objects.create(
            download=download, user=user, collection=collection, purpose=purpose
        )
        log.grants.set(grants)
        # Without the collection: the job's page would be that of its editors alone.
        download.job = jobs.start(KIND, download.guid, user)
        download.save(update_fields=["job"])
    return download


@work(KIND)
def make(progress: Progress) -> dict[str, Any]:
    """Make the file of the download whose GUID is the job's key."""
    found = Download.objects.select_related("collection", "user", "log")
    download = found.get(guid=progress.job.key)
    log = download.log
    if not Download.objects.visible_to(download.user).contains(download):
        raise Refused(_("Your access to the exact places of this collection has ended."))
    records = readable(download.user, download.collection)
    progress.report(0, records.count(), _("Writing the file"))
    rows = downloads.keep(download, lambda made: _write(log, records, made, progress.report))
    DownloadLog.objects.filter(pk=log.pk).update(records=rows)
    return {"rows": rows}


def _write(
    log: DownloadLog, records: QuerySet[Occurrence], stream: IO[bytes], report: Callable[..., None]
) -> int:
    stem = f"{log.collection.code}_exact-places_{log.guid}"
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(f"{stem}.csv", "w", force_zip64=True) as csv:
            rows = downloads.write_csv(
                log.collection,
                log.user,
                cast(IO[bytes], csv),
                lambda done: report(done),
                records=records,
            )
        archive.writestr(f"README_{log.guid}.txt", _readme(log, rows))
    return rows


def _readme(log: DownloadLog, rows: int) -> str:
    """Return what goes with the file: whose it is, by which grant, and what was agreed."""
    lines = [
        _("Exact places of protected records: %(collection)s") % {"collection": log.collection},
        "",
        f"{_('Identifier')}: {log.guid}",
        f"{_('For')}: {log.user} ({log.user.username if log.user else ''})",
        f"{_('Made')}: {timezone.localtime():%Y-%m-%d %H:%M %Z}",
        f"{_('Records')}: {rows}",
        f"{_('What for')}: {log.purpose}",
    ]
    for grant in log.grants.all():
        limits = granting.scope_in_words(grant.scope) or _("all protected records")
        last = grant.last_day or _("without an end")
        lines.append(f"{_('By the grant')}: {grant.guid} ({limits}; {_('last day')}: {last})")
    lines += [
        "",
        _("Keep these places to yourself, publish them no finer than a tenth of a degree, and "
          "delete this file when the access ends. Its download was noted under the identifier."),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def note_fetched(download: Download) -> None:
    """Note that a file with exact places was handed out; of a backup nothing is noted."""
    DownloadLog.objects.filter(download=download).update(
        fetched=F("fetched") + 1, fetched_at=timezone.now()
    )


# --- what is held about a person ------------------------------------------------------------------


@holds("downloads_of_exact_places")
def _logs(person: Any) -> Rows:
    return DownloadLog.objects.filter(user=person).values(
        "guid", "collection__code", "purpose", "started_at", "records", "fetched", "fetched_at"
    )


@letting_go
def _drop_files(person: Any) -> None:
    """Files with exact places go with the account; that they were made stays noted."""
    for old in Download.objects.filter(user=person, format=Download.Format.EXACT):
        if old.file:
            transaction.on_commit(partial(old.file.storage.delete, str(old.file.name)))
        old.delete()
