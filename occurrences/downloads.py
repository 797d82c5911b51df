"""A collection as a file to take away: a CSV extract, or a Darwin Core archive with everything.

Both are fed by COPY, a few thousand records at a time, so memory stays the same however large the
collection is. What stands in a file is what its reader may see; for the operator (user None) and a
manager of the collection that is every exact value, with the security that protects it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

from django.conf import settings
from django.core.files import File
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from biocollections.models import Collection, Person
from darwincore import terms as dwc
from darwincore.extensions import extension_iri
from darwincore.guarding import DANGEROUS, NUMBER
from darwincore.writer import Contact, Metadata, OutTable, write_archive
from journal import jobs
from journal.jobs import Progress, Refused, work
from occurrences.children import EXTENSION_ROW, IDENTIFIER
from occurrences.drafts import IDENTIFICATION, OCCURRENCE
from occurrences.models import Download, Media, Occurrence, Withheld
from occurrences.picturing import SHOWN_AS
from occurrences.readers import EXPORTED, as_sql, darwin_core_select

CHUNK = 5000
MEDIA = Media._meta.db_table
BYTE_ORDER_MARK: Final = "\ufeff".encode()  # so that Excel reads the accents right

# What a person looks for stands at the left; the other terms follow in their usual order.
_FIRST = (
    "occurrenceID catalogNumber otherCatalogNumbers basisOfRecord scientificName "
    "scientificNameAuthorship family identificationQualifier identifiedBy dateIdentified "
    "typeStatus recordedBy associatedCollectors recordNumber eventDate verbatimEventDate country "
    "stateProvince county municipality locality decimalLatitude decimalLongitude geodeticDatum "
    "coordinateUncertaintyInMeters minimumElevationInMeters maximumElevationInMeters habitat "
    "occurrenceRemarks recordSecurity securityReason"
).split()
CSV_TERMS = (
    *(dwc.BY_NAME[name] for name in _FIRST),
    *(term for term in EXPORTED if term.name not in _FIRST),
)
# The archive's core says the same in the order of the standard.
ARCHIVE_TERMS = EXPORTED


@dataclass(frozen=True)
class _Column:
    """A column of an extension: the term's name and address."""

    name: str
    iri: str


IS_CURRENT = _Column("identificationIsCurrent", dwc.SYMBIOTA + "identificationIsCurrent")
IDENTIFIER_COLUMNS = (
    _Column("identifier", dwc.DCTERMS + "identifier"),
    _Column("title", dwc.DCTERMS + "title"),
)
Report = Callable[[int], None]
# What is made of the SELECT that gives the terms, such as values that are safe in a spreadsheet.
Dress = Callable[[sql.Composed], sql.Composed]


def write_csv(
    collection: Collection,
    user: Person | None,
    stream: IO[bytes],
    report: Report | None = None,
    records: QuerySet[Occurrence] | None = None,
    *,
    raw: bool = False,
    dress: Dress | None = None,
) -> int:
    """Write the collection's records, or those of `records`, as CSV (UTF-8); return how many.

    It is safe to open as a spreadsheet: an apostrophe stands before a text that looks like a
    formula. An import takes it away again, so the file comes back without a change. raw: values
    stand as they are. dress: what is done to the statement before, which has `guid` in front.
    """
    stream.write(BYTE_ORDER_MARK)
    tally = _Tally(report)
    wanted = _records_of(collection, user) if records is None else records

    def select(some: QuerySet[Occurrence]) -> sql.Composed:
        statement = darwin_core_select(some, user, CSV_TERMS, with_guid=dress is not None)
        statement = dress(statement) if dress else statement
        return statement if raw else _guarded(statement, [term.name for term in CSV_TERMS])

    for block in _csv(wanted, select, tally, CSV_TERMS):
        stream.write(block)
    return tally.rows


def _guarded(statement: sql.Composed, columns: Sequence[str]) -> sql.Composed:
    """Return a statement whose texts are guarded as `darwincore.guarding` guards them."""
    guard = sql.SQL(
        "CASE WHEN ascii({c}) IN (9, 13, 39, 43, 45, 61, 64) AND {c} ~ {dangerous} "
        "AND {c} !~ {number} THEN chr(39) || {c} ELSE {c} END AS {c}"
    )
    dangerous, number = sql.Literal(DANGEROUS), sql.Literal(NUMBER)
    guards = [
        guard.format(c=sql.Identifier(name), dangerous=dangerous, number=number) for name in columns
    ]
    return sql.SQL("SELECT {} FROM ({}) said").format(sql.SQL(", ").join(guards), statement)


def write_dwca(
    collection: Collection, user: Person | None, stream: IO[bytes], report: Report | None = None
) -> int:
    """Write the collection's records as a Darwin Core archive and return how many.

    It holds all terms, every determination, the identifiers, and the extension rows by type.
    """
    records = _records_of(collection, user)
    return write_archive_of(records, user, stream, _metadata(collection), report)


def write_archive_of(
    records: QuerySet[Occurrence],
    user: Person | None,
    stream: IO[bytes],
    metadata: Metadata,
    report: Report | None = None,
    dress: Dress = lambda statement: statement,
) -> int:
    """Write these records as a Darwin Core archive, as `write_dwca` does; return how many.

    dress: what is done to the statement that gives the core, `guid` and the terms.
    """
    tally = _Tally(report)
    core = OutTable(
        "occurrences.csv",
        dwc.OCCURRENCE_ROW,
        ARCHIVE_TERMS,
        _csv(
            records,
            lambda some: dress(darwin_core_select(some, user, ARCHIVE_TERMS, with_guid=True)),
            tally,
            (_Column("id", ""), *ARCHIVE_TERMS),
        ),
    )
    write_archive(stream, core, list(_extensions(records, user)), metadata)
    return tally.rows


WRITERS = {Download.Format.CSV: write_csv, Download.Format.DWCA: write_dwca}
ENDINGS = {
    Download.Format.CSV: ".csv",
    Download.Format.DWCA: "_DwC-A.zip",
    Download.Format.EXACT: "_exact-places.zip",
}
MEDIA_TYPES = {
    Download.Format.CSV: "text/csv; charset=utf-8",
    Download.Format.DWCA: "application/zip",
    Download.Format.EXACT: "application/zip",
}


def start(collection: Collection, user: Any, form: str, *, raw: bool = False) -> Download:
    """Have a file made, and drop the one of this kind that this person had made before.

    One that is being made already is waited for. raw: a CSV with its values as they are.
    """
    options = {"raw": True} if raw and form == Download.Format.CSV else {}
    for old in Download.objects.filter(user=user, collection=collection, format=form):
        if old.job and not old.job.is_finished:
            if old.job.options == options:
                return old
            continue
        old.file.delete(save=False)
        old.delete()
    download = Download.objects.create(user=user, collection=collection, format=form)
    download.job = jobs.start("download", download.guid, user, collection.pk, options=options)
    download.save(update_fields=["job"])
    return download


def file_name(download: Download) -> str:
    """Return the name the file is offered under, such as HERB_2026-11-21.csv."""
    day = timezone.localtime(download.created_at).date()
    return f"{download.collection.code}_{day}{ENDINGS[Download.Format(download.format)]}"


@work("download")
def make(progress: Progress) -> dict[str, Any]:
    """Make the file of the download whose GUID is the job's key."""
    download = Download.objects.select_related("collection", "user").get(guid=progress.job.key)
    collection = download.collection
    if not Collection.objects.managed_by(download.user).filter(pk=collection.pk).exists():
        raise Refused(_("Your role in this collection has ended, so there is no file for you."))
    total = _records_of(collection, download.user).count()
    progress.report(0, total, _("Writing the file"))
    writer = WRITERS[Download.Format(download.format)]
    if progress.job.options.get("raw"):
        writer = partial(write_csv, raw=True)
    rows = keep(
        download,
        lambda made: writer(collection, download.user, made, lambda done: progress.report(done)),
    )
    return {"rows": rows}


def keep(download: Download, write: Callable[[IO[bytes]], int]) -> int:
    """Put what `write` writes into private storage as the download's file; return its rows."""
    with NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as made:
        rows = write(made)
        made.flush()
        made.seek(0)
        if download.file:
            download.file.delete(save=False)
        download.file.save(
            f"{download.guid}{Path(file_name(download)).suffix}", File(made), save=False
        )
    download.rows, download.finished_at = rows, timezone.now()
    download.save(update_fields=["file", "rows", "finished_at"])
    return rows


# --- rows -------------------------------------------------------------------------------------


class _Tally:
    """Counts records and tells how many are through."""

    def __init__(self, report: Report | None) -> None:
        self.rows = 0
        self._report = report

    def add(self, rows: int) -> None:
        self.rows += rows
        if self._report:
            self._report(self.rows)


def _records_of(collection: Collection, user: Person | None) -> QuerySet[Occurrence]:
    """Return the records that go into the file: what `user` may see, all of them for None."""
    if user is None:
        return collection.occurrences.all()
    return Occurrence.objects.visible_to(user).filter(collection=collection)


def _csv(
    records: QuerySet[Occurrence],
    select: Callable[[QuerySet[Occurrence]], sql.Composed],
    tally: _Tally | None,
    columns: Sequence[Any],
) -> Iterator[bytes]:
    """Yield a table as CSV in blocks, its header line first."""
    yield (",".join(column.name for column in columns) + "\n").encode()
    for some in _chunks(records):
        statement = sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv)").format(select(some))
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for block in copy:
                    yield bytes(block)
            rows = cursor.rowcount
        if tally:
            tally.add(rows)


def _chunks(records: QuerySet[Occurrence]) -> Iterator[QuerySet[Occurrence]]:
    """Yield the records in sets of at most CHUNK, by key."""
    last = 0
    keys = records.order_by("pk").values_list("pk", flat=True)
    while True:
        ids = list(keys.filter(pk__gt=last)[:CHUNK])
        if not ids:
            return
        yield records.filter(pk__gt=last, pk__lte=ids[-1])
        last = ids[-1]


# --- what belongs to records ------------------------------------------------------------------


def _extensions(records: QuerySet[Occurrence], user: Person | None) -> Iterator[OutTable]:
    """Yield the archive's extensions: determinations, identifiers, and one a row type kept."""
    determinations = (*dwc.IDENTIFICATION_TERMS, IS_CURRENT)
    yield _table(
        records,
        user,
        "identifications.csv",
        dwc.IDENTIFICATION_ROW,
        determinations,
        [_of_identification(column) for column in determinations],
        sql.SQL("JOIN {} c ON c.occurrence_id = o.id").format(sql.Identifier(IDENTIFICATION)),
        "NOT c.is_current, c.position, c.id",
    )
    yield _table(
        records,
        user,
        "identifiers.csv",
        dwc.IDENTIFIER_ROW,
        IDENTIFIER_COLUMNS,
        [sql.SQL("c.value"), sql.SQL("nullif(c.name, '')")],
        sql.SQL("JOIN {} c ON c.occurrence_id = o.id").format(sql.Identifier(IDENTIFIER)),
        "c.position, c.id",
    )
    names = {"occurrences", "identifications", "identifiers"}
    if _has_images(records):
        yield _images(records, user, _file_named(dwc.MULTIMEDIA_ROW, names))
    for row_type, keys in _kept_row_types(records):
        yield _table(
            records,
            user,
            _file_named(row_type, names),
            row_type,
            [_Column(dwc.simple_name(key), extension_iri(row_type, key)) for key in keys],
            [sql.SQL("c.terms->>{}").format(sql.Literal(key)) for key in keys],
            # Media and measurements can tell the place: of a protected record for its readers only.
            sql.SQL(
                "JOIN {} c ON c.occurrence_id = o.id AND c.row_type = {} "
                "AND (o.protection = 0 OR w.occurrence_id IS NOT NULL)"
            ).format(sql.Identifier(EXTENSION_ROW), sql.Literal(row_type)),
            "c.position, c.id",
        )


def _images(records: QuerySet[Occurrence], user: Person | None, file: str) -> OutTable:
    """Return the images that are kept here, by the addresses where who may see them gets them."""
    address = sql.SQL("{} || c.guid || '/web/'").format(sql.Literal(f"{settings.SITE_URL}/media/"))
    values = {
        "type": sql.SQL("'StillImage'"),
        "format": sql.Literal(SHOWN_AS),
        "identifier": address,
        "title": sql.SQL("nullif(c.caption, '')"),
        "creator": sql.SQL("nullif(c.creator, '')"),
        "license": sql.SQL("coalesce(nullif(c.license, ''), k.license)"),
        "rightsHolder": sql.SQL("coalesce(nullif(c.rights_holder, ''), k.rights_holder)"),
    }
    return _table(
        records,
        user,
        file,
        dwc.MULTIMEDIA_ROW,
        [_Column(name, dwc.DCTERMS + name) for name in values],
        values.values(),
        sql.SQL(
            "JOIN {} c ON c.record_guid = o.guid AND c.state = 'ready' "
            "AND (o.protection = 0 OR w.occurrence_id IS NOT NULL) "
            "JOIN {} k ON k.id = o.collection_id"
        ).format(sql.Identifier(MEDIA), sql.Identifier(Collection._meta.db_table)),
        "c.position, c.id",
    )


def _has_images(records: QuerySet[Occurrence]) -> bool:
    statement = sql.SQL(
        "SELECT EXISTS (SELECT FROM {images} c WHERE c.record_guid IN ({wanted}))"
    ).format(images=sql.Identifier(MEDIA), wanted=as_sql(records.order_by().values("guid")))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return bool(cursor.fetchone()[0])


def _table(
    records: QuerySet[Occurrence],
    user: Person | None,
    file: str,
    row_type: str,
    columns: Sequence[Any],
    values: Iterable[sql.Composable],
    joined: sql.Composable,
    order: str,
) -> OutTable:
    readable = Withheld.objects.all() if user is None else Withheld.objects.readable_by(user)

    def select(some: QuerySet[Occurrence]) -> sql.Composed:
        return sql.SQL(
            "SELECT o.guid, {values} FROM {occurrence} o "
            "LEFT JOIN ({readable}) w ON w.occurrence_id = o.id {joined} "
            "WHERE o.id IN ({wanted}) ORDER BY o.id, {order}"
        ).format(
            values=sql.SQL(", ").join(values),
            occurrence=sql.Identifier(OCCURRENCE),
            readable=as_sql(readable.values("occurrence_id", "identifications")),
            joined=joined,
            wanted=as_sql(some.order_by().values("pk")),
            order=sql.SQL(order),
        )

    values = list(values)
    chunks = _csv(records, select, None, (_Column("coreid", ""), *columns))
    return OutTable(file, row_type, columns, chunks)


def _of_identification(column: Any) -> sql.Composable:
    """Return a determination's value, the withheld one for who may read it."""
    if column is IS_CURRENT:
        return sql.SQL("c.is_current::int")
    return sql.SQL("coalesce(w.identifications->(c.guid::text)->>{key}, c.{column}::text)").format(
        key=sql.Literal(column.column), column=sql.Identifier(column.column)
    )


def _kept_row_types(records: QuerySet[Occurrence]) -> list[tuple[str, list[str]]]:
    """Return the row types of the records' extension rows, each with its columns."""
    statement = sql.SQL(
        "SELECT e.row_type, array_agg(DISTINCT k ORDER BY k) FROM {rows} e, "
        "jsonb_object_keys(e.terms) k WHERE e.occurrence_id IN ({wanted}) "
        "GROUP BY e.row_type ORDER BY e.row_type"
    ).format(rows=sql.Identifier(EXTENSION_ROW), wanted=as_sql(records.order_by().values("pk")))
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _file_named(row_type: str, taken: set[str]) -> str:
    stem = "".join(filter(str.isalnum, dwc.simple_name(row_type).lower())) or "extension"
    number = 1
    name = stem
    while name in taken:
        number += 1
        name = f"{stem}{number}"
    taken.add(name)
    return f"{name}.csv"


def _metadata(collection: Collection) -> Metadata:
    institution = collection.institution.name if collection.institution else ""
    return Metadata(
        title=collection.name,
        abstract=collection.description,
        licence=collection.license,
        rights_holder=collection.rights_holder or institution,
        contacts=[
            Contact(str(contact), contact.email, institution)
            for contact in collection.contacts.all()
        ],
        package_id=str(collection.guid),
    )
