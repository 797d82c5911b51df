"""Packages: records for a recipient who isn't offered them, as a file that says where it is from.

A CSV, or a Darwin Core archive with the determinations, identifiers and links to the images. It
holds what anybody may read of the records; exact places only where whoever has it made may read
them and says so. The sender's catalogue number is of his own sheet, so it goes as an identifier
that names its source; each record's associatedOccurrences tells who sent it, and from where, and
the GUID it has here. So the origin stays wherever the file is imported.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import partial
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from psycopg import sql

from biocollections.models import Collection
from darwincore.writer import Contact, Metadata
from journal import jobs
from journal.jobs import Progress, Refused, work
from occurrences.downloads import ARCHIVE_TERMS, CSV_TERMS, write_archive_of, write_csv
from occurrences.drafts import OCCURRENCE
from occurrences.models import (
    Occurrence,
    Offer,
    OfferedRecord,
    Package,
    PendingName,
    Protection,
)

KIND = "package"
ON_A_LIST = 1000  # records of a part of a packing list
ENDINGS = {Package.Format.CSV: ".csv", Package.Format.DWCA: "_DwC-A.zip"}
MEDIA_TYPES = {
    Package.Format.CSV: "text/csv; charset=utf-8",
    Package.Format.DWCA: "application/zip",
}


def start(offer: Offer, user: Any, form: str, *, exact: bool = False) -> Package:
    """Have a package made of an offer's records; one of the same kind is made anew.

    One that is being made already is waited for.
    """
    with transaction.atomic():
        Offer.objects.select_for_update().get(pk=offer.pk)
        package, _made = Package.objects.get_or_create(offer=offer, format=form, exact=exact)
        if package.job is None or package.job.is_finished:
            package.user, package.finished_at, package.made_at = user, None, timezone.now()
            source = offer.sending.collection_id
            package.job = jobs.start(KIND, package.guid, user, source)
            package.save()
    return package


@work(KIND)
def make(progress: Progress) -> dict[str, Any]:
    """Write the package whose GUID is the job's key."""
    package = Package.objects.select_related(
        "offer__sending__collection", "offer__sending__user", "offer__collection", "user"
    ).get(guid=progress.job.key)
    offer, user = package.offer, package.user
    if user is None or not Offer.objects.sent_by(user).filter(pk=offer.pk).exists():
        raise Refused(_("Only an administrator of the sending collection can make a package."))
    records = records_of(package)
    progress.report(0, records.count(), _("Writing the package"))
    with NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as made:
        rows = _write(package, records, made, progress.report)
        made.flush()
        made.seek(0)
        digest = hashlib.file_digest(made, "sha256").hexdigest()  # type: ignore[arg-type]
        _keep(package, made, rows, digest)
    return {"rows": rows, "sha256": digest}


def _keep(package: Package, made: Any, rows: int, digest: str) -> None:
    if package.file:
        package.file.delete(save=False)
    made.seek(0)
    ending = ENDINGS[Package.Format(package.format)].rpartition(".")[2]
    package.file.save(f"{package.guid}.{ending}", File(made), save=False)
    package.rows, package.sha256 = rows, digest
    package.left_out = max(0, _offered(package.offer).count() - rows)
    package.finished_at = timezone.now()
    package.save()


def _offered(offer: Offer) -> QuerySet[OfferedRecord]:
    return offer.records.exclude(state=OfferedRecord.State.WITHDRAWN)


def records_of(package: Package) -> QuerySet[Occurrence]:
    """Return the records that go into a package: of its offer, what the person sees.

    Without exact places those are left out that nobody else may see at all.
    """
    guids = _offered(package.offer).values("record_guid")
    records = Occurrence.objects.visible_to(package.user).filter(guid__in=guids)
    if package.exact:
        return records
    waiting = PendingName.objects.values("name")  # a new rule hasn't been through them yet
    records = records.exclude(name__in=waiting, protection__lt=Protection.PLACE)
    return records.exclude(protection=Protection.WHOLE)


def _write(package: Package, records: Any, stream: IO[bytes], report: Any) -> int:
    reader = package.user if package.exact else AnonymousUser()
    source = package.offer.sending.collection
    if package.format == Package.Format.CSV:
        dress = partial(_from_here, package.offer, [term.name for term in CSV_TERMS])
        return write_csv(source, reader, stream, report, records, dress=dress)
    dress = partial(_from_here, package.offer, [term.name for term in ARCHIVE_TERMS])
    return write_archive_of(records, reader, stream, metadata(package), report, dress)


def _from_here(offer: Offer, columns: Sequence[str], statement: sql.Composed) -> sql.Composed:
    """Return the statement with what the records are to say of themselves elsewhere."""
    ours = sql.SQL("'urn:uuid:' || said.guid")
    said = {
        "catalogNumber": sql.SQL("NULL::text"),
        "otherCatalogNumbers": sql.SQL(
            "nullif(concat_ws(' | ', (SELECT k.code FROM {records} o JOIN {collections} k "
            "ON k.id = o.collection_id WHERE o.guid = said.guid) || ': ' || "
            "nullif(said.{number}, ''), said.{others}), '')"
        ).format(
            records=sql.Identifier(OCCURRENCE),
            collections=sql.Identifier(Collection._meta.db_table),
            number=sql.Identifier("catalogNumber"),
            others=sql.Identifier("otherCatalogNumbers"),
        ),
        "occurrenceID": sql.SQL(
            "CASE WHEN said.{own} IS DISTINCT FROM said.{number} "
            "THEN coalesce(said.{own}, {ours}) ELSE {ours} END"
        ).format(
            own=sql.Identifier("occurrenceID"), number=sql.Identifier("catalogNumber"), ours=ours
        ),
        "associatedOccurrences": sql.SQL(
            "concat_ws(' | ', said.{those}, '\"' || {origin} || '\":\"' || {ours} || '\"')"
        ).format(
            those=sql.Identifier("associatedOccurrences"),
            origin=sql.Literal(origin(offer)),
            ours=ours,
        ),
    }
    shown = [
        sql.SQL("{} AS {}").format(
            said.get(name, sql.SQL("said.{}").format(sql.Identifier(name))), sql.Identifier(name)
        )
        for name in columns
    ]
    return sql.SQL("SELECT said.guid, {} FROM ({}) said").format(
        sql.SQL(", ").join(shown), statement
    )


def origin(offer: Offer) -> str:
    """Return the words that tell where a package's records are from; without quotation marks."""
    sending = offer.sending
    words = _("sent %(day)s by %(person)s from %(collection)s (%(code)s), %(portal)s")
    told = words % {
        "day": f"{sending.sent_on or timezone.localdate(sending.made_at)}",
        "person": sending.user or _("somebody"),
        "collection": sending.collection.name,
        "code": sending.collection.code,
        "portal": settings.SITE_URL,
    }
    return told.replace('"', "'").replace("|", "/")


def metadata(package: Package) -> Metadata:
    """Return what the archive says of itself: sender, recipient, what for."""
    offer = package.offer
    sending, source = offer.sending, offer.sending.collection
    title = _("Records of %(source)s for %(recipient)s")
    lines = [capfirst(origin(offer)), sending.get_kind_display(), sending.message]
    return Metadata(
        title=title % {"source": source, "recipient": offer.recipient},
        abstract="\n".join(filter(None, map(str, lines))),
        licence=source.license,
        rights_holder=source.rights_holder or _institution(source),
        contacts=[_contact(sending.user, source)],
        package_id=str(package.guid),
    )


def _contact(person: Any, source: Collection) -> Contact:
    institution = _institution(source) or source.name
    return Contact(str(person or source), person.email if person else "", institution)


def _institution(source: Collection) -> str:
    return source.institution.name if source.institution else ""


def file_name(package: Package) -> str:
    """Return the name the file is offered under, such as OWN_for_MEXU_2026-11-21_DwC-A.zip."""
    offer = package.offer
    day = timezone.localtime(package.made_at).date()
    whom = offer.collection.code if offer.collection else offer.outside
    stem = re.sub(r"[^\w.-]+", "-", f"{offer.sending.collection.code}_for_{whom}")[:80]
    exact = "_exact-places" if package.exact else ""
    return f"{stem}_{day}{exact}{ENDINGS[Package.Format(package.format)]}"


def digest(package: Package) -> str:
    """Return a package's checksum as HTTP says it (RFC 9530, Repr-Digest)."""
    return f"sha-256=:{b64encode(bytes.fromhex(package.sha256)).decode()}:"


def forget(offer: Offer) -> None:
    """Drop the packages of an offer that was withdrawn."""
    for package in offer.packages.all():
        package.file.delete(save=False)
        package.delete()


# --- the packing list -----------------------------------------------------------------------------

_LISTED = (
    "guid catalog_number recorded_by record_number event_date scientific_name "
    "scientific_name_authorship identification_qualifier duplicate_quantity protection"
).split()


def listed(offer: Offer, user: Any) -> QuerySet[OfferedRecord]:
    """Return what stands on an offer's packing list: what `user` sees and isn't hidden wholly."""
    seen = Occurrence.objects.visible_to(user).exclude(protection=Protection.WHOLE)
    return _offered(offer).filter(record_guid__in=seen.values("guid")).order_by("pk")


def rows(offered: Iterable[OfferedRecord]) -> list[Occurrence]:
    """Return the records of a part of the list, as anybody may read them, in its order."""
    guids = [each.record_guid for each in offered]
    known = Occurrence.objects.only(*_LISTED).in_bulk(guids, field_name="guid")
    return [known[guid] for guid in guids if guid in known]


def unlisted(offer: Offer, number: int) -> int:
    """Return how many records of the parcel aren't among the `number` on the list."""
    return _offered(offer).count() - number
