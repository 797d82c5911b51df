"""Open a table or a Darwin Core archive and stream its rows, whatever its encoding and packing.

    with open_source(path) as source:
        for row in source.rows():
            ...

A row never stops a file: what is odd about it is an issue of that row. A file stops, with Refused,
only where it can't be read; nearly always in `open_source`, which surveys every table once.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from operator import itemgetter
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from . import file_names
from .containers import Container, Limits, ZipArchive, open_container, safe_name
from .events import lay_under
from .issues import Issue, Refused
from .looks import (
    ROWS_LOOKED_AT,
    encoding_evidence,
    header_at,
    nothing_said,
    spoilt_letters,
    usual_width,
)
from .meta import Declaration, Meta, read_meta
from .spreadsheets import Spreadsheet, spreadsheet_in
from .tables import How, Part, Source, SourceRow, Table
from .tabular import (
    Format,
    Row,
    Survey,
    guess_format,
    read_rows,
    refine_quoting,
    survey,
)
from .terms import (
    EVENT_ROW,
    OCCURRENCE_ROW,
    simple_name,
    term_named,
)

__all__ = ["How", "Limits", "Source", "SourceRow", "Table", "open_source", "pasted"]


def open_source(
    path: str | PathLike[str],
    *,
    filename: str | None = None,
    limits: Limits | None = None,
    how: How | None = None,
) -> Source:
    """Open a CSV, TSV, spreadsheet, zip, gzip or tar of tables, or a Darwin Core archive.

    filename: what the person called it, for messages. how: what a person decided about reading it.
    Raises Refused where it cannot be read or holds no records.
    """
    return opened(Opening, path, filename, limits, how)


def opened(
    opening: "type[Opening]",
    path: str | PathLike[str],
    filename: str | None,
    limits: Limits | None,
    how: How | None = None,
) -> Source:
    """Open a file by the steps of `opening`; see `open_source`."""
    limits = limits or Limits()
    path = Path(path)
    how = how or How()
    container = open_container(path, filename or path.name, limits)
    try:
        if isinstance(container, ZipArchive):
            container = spreadsheet_in(container, how.sheet) or container
        made = opening(container, limits, how)
        try:
            return made.source()
        except Refused as refused:
            refused.found = made.found
            raise
    except BaseException:
        container.close()
        raise


_LINKS = (
    ("coreid", "id"),
    ("id", "id"),
    ("occurrenceid", "occurrenceid"),
    ("eventid", "eventid"),
    ("eventid", "id"),
    ("coreid", "eventid"),
)


class Opening:
    """The steps from an opened container to a source, and the issues gathered on the way."""

    core_row_type = OCCURRENCE_ROW
    guesses_header = True
    lays_events_under = True

    def __init__(self, container: Container, limits: Limits, how: How):
        self.container = container
        self.limits = limits
        self.how = how
        self.found: dict[str, Any] = {}
        self.filename = container.filename
        self.issues: list[Issue] = []

    def source(self) -> Source:
        if isinstance(self.container, Spreadsheet):
            self.found["sheets"] = self.container.sheets
            if self.container.left_out:
                names = ", ".join(self.container.left_out)
                self.issues.append(Issue("SHEETS_LEFT_OUT", "", names))
            if self.container.merged:
                self.issues.append(Issue("CELLS_MERGED", "", str(self.container.merged)))
        if not self.container.is_archive:
            return self._made("table", self._loose_table(self.container.names[0]), [], None)
        metas = [name for name in self.container.names if file_names.base(name) == "meta.xml"]
        if metas:
            return self._declared_archive(min(metas, key=lambda name: name.count("/")))
        return self._undeclared_archive()

    def _made(
        self,
        kind: Literal["table", "archive", "coldp"],
        core: Table,
        extensions: list[Table],
        metadata: str | None,
    ) -> Source:
        if next(core.rows(), None) is None:
            raise Refused("NO_ROWS", file=self.filename)
        first = core._parts[0]
        self._look_at(core, first)
        encoding, delimiter = first.found.encoding, first.format.delimiter
        return Source(
            kind,
            core,
            extensions,
            encoding,
            delimiter,
            self.issues,
            metadata,
            self.container,
            self.found,
        )

    def _look_at(self, core: Table, part: Part) -> None:
        """Gather what a person may want to overrule, and mend letters where that was decided."""
        decided = "person" if self.how.encoding else "mark" if part.found.marked else ""
        by = decided or ("meta.xml" if core._declared else "content")
        self.found["encoding"] = encoding_evidence(core, part, by)
        by = "person" if self.how.delimiter else "meta.xml" if core._declared else "content"
        columns = len(core.headers)
        self.found["delimiter"] = {"chosen": part.format.delimiter, "by": by, "columns": columns}
        if any(each.found.spoilt for each in core._parts) and (spoilt := spoilt_letters(core)):
            self.found["mojibake"] = {"chosen": self.how.repair, **spoilt}
            self._report_spoilt(spoilt)
        if not core._declared and (nothing := nothing_said(core)):
            self._read_as_blank(core, nothing)
        repair = self.how.repair
        columns_there = range(columns)
        if repair is True:
            core._mends = tuple(columns_there)
        elif repair:
            core._mends = tuple(at for at in repair if at in columns_there)

    def _read_as_blank(self, core: Table, nothing: dict[str, Any]) -> None:
        """Let cells that say NA be blank where that was found or decided."""
        if self.how.nothing is not None:
            nothing |= {"chosen": self.how.nothing, "by": "person"}
        self.found["nothing"] = nothing
        if nothing["chosen"]:
            core._blank = frozenset(nothing["marks"])
            self.issues.append(Issue("CELLS_SAY_NOTHING", "", ", ".join(nothing["marks"])))

    def _report_spoilt(self, spoilt: dict[str, Any]) -> None:
        if spoilt["cells"] and self.how.repair is None:
            before, after = next(iter(spoilt["columns"].values()))["samples"][0]
            self.issues.append(Issue("LETTERS_SPOILT", "", f"{before} → {after}"))
        if spoilt["lost"]:
            self.issues.append(Issue("LETTERS_LOST", "", str(spoilt["lost"])))

    # Archives with meta.xml

    def _declared_archive(self, meta_name: str) -> Source:
        folder = meta_name.rpartition("/")[0]
        meta = read_meta(self._document(meta_name), meta_name)
        if simple_name(meta.core.row_type).lower() == "event" and self.lays_events_under:
            return self._event_archive(meta, folder)
        self._check_core(meta.core.row_type)
        if not meta.core.locations:
            raise Refused("META_NO_CORE", file=meta_name)
        core = self._declared_table(meta.core, folder)
        if core is None:
            missing = ", ".join(meta.core.locations)
            raise Refused("CORE_FILE_MISSING", missing, file=self.filename)
        core.row_type = self.core_row_type
        extensions = [self._extension(declaration, folder) for declaration in meta.extensions]
        tables = [core, *filter(None, extensions)]
        self._report_ignored({part.name for table in tables for part in table._parts})
        return self._made("archive", core, tables[1:], self._metadata(meta, folder))

    def _event_archive(self, meta: Meta, folder: str) -> Source:
        events = self._declared_table(meta.core, folder)
        tables = [self._declared_table(declaration, folder) for declaration in meta.extensions]
        linked = [table for table in tables if table is not None and table.id_index is not None]
        found = [each for each in linked if file_names.is_occurrences(each.row_type)]
        if events is None or events.id_index is None or not found:
            raise Refused("CORE_IS_EVENT", file=self.filename)
        self._report_ignored({part.name for table in (events, *linked) for part in table._parts})
        others = [table for table in linked if table is not found[0]]
        return self._laid_under(events, found[0], others, self._metadata(meta, folder))

    def _laid_under(
        self, events: Table, occurrences: Table, others: list[Table], metadata: str | None
    ) -> Source:
        core, extensions, summary = lay_under(events, occurrences, others, self.limits)
        self.found["events"] = summary
        self.issues.append(Issue("EVENT_CORE"))
        if summary["without"]:
            count = str(summary["without"])
            self.issues.append(Issue("EVENTS_WITHOUT_OCCURRENCES", "", count))
        return self._made("archive", core, extensions, metadata)

    def _check_core(self, row_type: str) -> None:
        kind = simple_name(row_type)
        if file_names.is_occurrences(row_type):
            return
        refusal = {"taxon": "CORE_IS_TAXON", "event": "CORE_IS_EVENT"}.get(kind.lower())
        raise Refused(refusal or "CORE_NOT_OCCURRENCE", kind, file=self.filename)

    def _extension(self, declaration: Declaration, folder: str) -> Table | None:
        if file_names.is_occurrences(declaration.row_type):
            return None  # the same records as their publisher wrote them, in downloads of GBIF
        table = self._declared_table(declaration, folder)
        if table is not None and table.id_index is None:
            self.issues.append(Issue("EXTENSION_UNLINKED", "", table.file))
            return None
        return table

    def _declared_table(self, declaration: Declaration, folder: str) -> Table | None:
        """Return the table, or None with an issue where one of its files is missing."""
        names = [self._located(location, folder) for location in declaration.locations]
        if None in names or not names:
            missing = [
                location
                for location, name in zip(declaration.locations, names, strict=True)
                if name is None
            ]
            self.issues += [Issue("EXTENSION_FILE_MISSING", "", location) for location in missing]
            return None
        parts = [self._declared_part(declaration, name) for name in names if name is not None]
        needed = 1 + max([*declaration.columns, declaration.id_index or 0], default=0)
        if needed > self.limits.columns:
            raise Refused("TOO_MANY_COLUMNS", str(self.limits.columns), file=self.filename)
        headers = self._declared_headers(declaration, parts[0], needed)
        return Table(
            file=parts[0].name,
            row_type=file_names.spelled(declaration.row_type),
            headers=headers + [simple_name(term) for _, term in declaration.copies],
            constants={simple_name(term): text for term, text in declaration.constants.items()},
            id_index=declaration.id_index,
            _parts=parts,
            _needed=needed,
            _fills=declaration.fills,
            _copies=list(map(itemgetter(0), declaration.copies)),
            _limits=self.limits,
            _declared=True,
        )

    def _located(self, location: str, folder: str) -> str | None:
        """Return the member that a location means: as written, in any case, or by bare name."""
        wanted = safe_name(f"{folder}/{location}", self.filename)
        names = self.container.names
        if wanted in names:
            return wanted
        same = [name for name in names if name.lower() == wanted.lower()]
        same = same or [name for name in names if file_names.base(name) == file_names.base(wanted)]
        return same[0] if len(same) == 1 else None

    def _declared_part(self, declaration: Declaration, name: str) -> Part:
        if declaration.newline.strip():  # a line feed in an attribute is read as a space
            raise Refused("DELIMITER_UNSUPPORTED", declaration.newline, file=self.filename)
        if len(declaration.quote) > 1:
            raise Refused("DELIMITER_UNSUPPORTED", declaration.quote, file=self.filename)
        opener = partial(self.container.open, name)
        with opener() as stream:
            empty = not stream.read(1)
        found = (
            Survey()
            if empty
            else survey(
                opener,
                name,
                self.limits,
                declaration.encoding,
                declaration.delimiter,
                self.how.encoding,
            )
        )
        self._report_encoding(found, declaration.encoding)
        format = self._declared_format(declaration, found)
        return Part(name, opener, found, format, declaration.header_lines)

    def _declared_format(self, declaration: Declaration, found: Survey) -> Format:
        delimiter = self._delimiter() or declaration.delimiter
        if delimiter in ("", " "):  # a tab written as such in an attribute is read as a space
            delimiter = guess_format(found).delimiter
        if len(delimiter) > 1 or delimiter in "\r\n":
            raise Refused("DELIMITER_UNSUPPORTED", delimiter, file=self.filename)
        format = Format(delimiter, declaration.quote)
        if not declaration.quote or delimiter in "\t|":
            return format
        return refine_quoting(found, format)

    def _declared_headers(self, declaration: Declaration, part: Part, needed: int) -> list[str]:
        """Return a name for each column; notice a header row that meta.xml does not know."""
        rows = list(islice(self._rows(part), part.skip + 1))
        texts: list[str] = []
        if 0 < part.skip <= len(rows):
            texts = [_header(cell) for cell in rows[part.skip - 1].cells]
            self._compare_headers(declaration, texts)
        elif part.skip == 0 and rows and _is_header(rows[0].cells, declaration):
            self.issues.append(Issue("HEADER_AS_DATA"))
            part.skip = 1
            texts = [_header(cell) for cell in rows[0].cells]
        first = rows[part.skip].cells if part.skip < len(rows) else []
        width = max(needed, len(texts) or len(first))
        names = texts + [""] * (width - len(texts))
        for index, term in declaration.columns.items():
            names[index] = simple_name(term)
        return names

    def _compare_headers(self, declaration: Declaration, texts: Sequence[str]) -> None:
        wrong = []
        for index, term in sorted(declaration.columns.items()):
            stands = term_named(texts[index]) if index < len(texts) else None
            if stands is not None and stands.name.lower() != simple_name(term).lower():
                wrong.append(f"{stands.name} ({simple_name(term)})")
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            self.issues.append(Issue("HEADER_DISAGREES", "", ", ".join(wrong[:3]) + more))

    def _metadata(self, meta: Meta, folder: str) -> str | None:
        name = self._located(meta.metadata, folder) if meta.metadata else None
        name = name or self._located("eml.xml", folder)
        if name is None:
            self.issues.append(Issue("MISSING_EML"))
            return None
        return self._metadata_text(name)

    def _metadata_text(self, name: str) -> str | None:
        try:
            document = self._document(name)
        except Refused:
            self.issues.append(Issue("METADATA_UNREADABLE", "", name))
            return None
        utf_16 = document.startswith((b"\xff\xfe", b"\xfe\xff"))
        return document.decode("utf-16" if utf_16 else "utf-8-sig", "replace")

    def _document(self, name: str) -> bytes:
        with self.container.open(name) as stream:
            document = stream.read(self.limits.metadata + 1)
        if len(document) > self.limits.metadata:
            raise Refused("META_INVALID", "it is too long", file=name)
        return document

    def _report_ignored(self, read: set[str]) -> None:
        for name in self.container.names:
            if file_names.is_table(name) and name not in read:
                self.issues.append(Issue("FILE_IGNORED", "", name))

    # Tables without meta.xml

    def _undeclared_archive(self) -> Source:
        tables = [name for name in self.container.names if file_names.is_table(name)]
        events_name = next((name for name in tables if file_names.is_events(name)), "")
        core_name = self._core_among(tables)
        core = self._loose_table(core_name)
        events = self._loose_table(events_name, EVENT_ROW) if events_name else None
        if events:
            self._link_to_events(core, events)
        extensions = []
        for name in tables:
            row_type = file_names.row_type_of(name)
            if name in (core_name, events_name):
                continue
            if row_type is None:
                self.issues.append(Issue("FILE_IGNORED", "", name))
            elif table := self._loose_extension(name, row_type, events or core):
                extensions.append(table)
        eml = next(
            (name for name in self.container.names if file_names.base(name) == "eml.xml"), None
        )
        metadata = self._metadata_text(eml) if eml else None
        if events:
            return self._laid_under(events, core, extensions, metadata)
        return self._made("archive" if extensions else "table", core, extensions, metadata)

    def _core_among(self, tables: list[str]) -> str:
        if not tables:
            raise Refused("ARCHIVE_NO_DATA", file=self.filename)
        cores = [name for name in tables if file_names.is_core(name)]
        if not cores and any(file_names.is_events(name) for name in tables):
            raise Refused("CORE_IS_EVENT", file=self.filename)
        if len(tables) > 1 and len(cores) != 1:
            names = ", ".join(PurePosixPath(name).name for name in tables[:5])
            raise Refused("ARCHIVE_AMBIGUOUS", names, file=self.filename)
        return (cores or tables)[0]

    def _loose_table(self, name: str, row_type: str = OCCURRENCE_ROW) -> Table:
        opener = partial(self.container.open, name)
        chosen = "" if self.container.delimiter else self.how.encoding
        found = survey(opener, name, self.limits, chosen=chosen)
        self._report_encoding(found, "")
        part = Part(name, opener, found, self._loose_format(found), 0)
        headers = self._loose_headers(part, core=row_type == self.core_row_type)
        if not any(headers):
            raise Refused("FILE_EMPTY", file=name)
        if len(headers) > self.limits.columns:
            raise Refused("TOO_MANY_COLUMNS", str(self.limits.columns), file=name)
        self._report_twins(headers)
        needed = 0 if self.container.delimiter else len(headers)  # a sheet ends a row anywhere
        return Table(name, row_type, headers, _parts=[part], _needed=needed, _limits=self.limits)

    def _loose_format(self, found: Survey) -> Format:
        if self.container.delimiter:
            return Format(self.container.delimiter)
        delimiter = self._delimiter()
        return refine_quoting(found, Format(delimiter)) if delimiter else guess_format(found)

    def _delimiter(self) -> str:
        """Return the separator that a person named, or blank."""
        named = self.how.delimiter
        delimiter = {"tab": "\t", "\\t": "\t"}.get(named.lower(), named)
        if len(delimiter) > 1 or delimiter in ("\r", "\n", '"'):
            raise Refused("SEPARATOR_UNUSABLE", delimiter, file=self.filename)
        return delimiter

    def _loose_headers(self, part: Part, core: bool) -> list[str]:
        """Return a name for each column of a table that nothing declares, and skip its header."""
        rows = self._first_rows(part)
        filled = next((at for at, cells in enumerate(rows) if any(cells)), None)
        if filled is None:
            return []
        overruled = self.how.header if core else True
        at: int | None = filled if overruled else None
        if overruled is None:
            at = header_at(rows) if self.guesses_header else filled
        if core:
            by = "content" if self.how.header is None else "person"
            first = [cell[:80] for cell in rows[filled][:12]]
            self.found["header"] = {"chosen": at is not None, "by": by, "first": first}
        if at is None:
            if overruled is None:
                self.issues.append(Issue("HEADER_MISSING"))
            return [f"Column {number}" for number in range(1, usual_width(rows) + 1)]
        if at > filled:
            self.issues.append(Issue("ROWS_ABOVE_HEADER", "", str(at - filled)))
        part.skip = at + 1
        return rows[at]

    def _first_rows(self, part: Part) -> list[list[str]]:
        """Return some rows; those up to one that can't be read, unless that is the very first."""
        rows: list[list[str]] = []
        try:
            for row in islice(self._rows(part), ROWS_LOOKED_AT):
                rows.append(list(map(_header, row.cells)))
        except Refused:
            if not any(map(any, rows)):
                raise
        return rows

    def _link_to_events(self, core: Table, events: Table) -> None:
        """Find the columns that tell in which event an occurrence was."""
        theirs = [header.lower() for header in events.headers]
        ours = [header.lower() for header in core.headers]
        for key in ("eventid", "id"):
            for link in ("eventid", "coreid", "id"):
                if key in theirs and link in ours:
                    events.id_index, core.id_index = theirs.index(key), ours.index(link)
                    return
        raise Refused("CORE_IS_EVENT", file=self.filename)

    def _loose_extension(self, name: str, row_type: str, core: Table) -> Table | None:
        """Return an extension that is told by its file's name, linked by coreid or occurrenceID."""
        with self.container.open(name) as stream:
            if not stream.read(1):
                return None
        table = self._loose_table(name, row_type)
        theirs = [header.lower() for header in table.headers]
        ours = [header.lower() for header in core.headers]
        for link, key in _LINKS:
            if link in theirs and key in ours and core.id_index in (None, ours.index(key)):
                table.id_index, core.id_index = theirs.index(link), ours.index(key)
                return table
        self.issues.append(Issue("EXTENSION_UNLINKED", "", name))
        return None

    # What both have

    def _rows(self, part: Part) -> Iterator[Row]:
        return read_rows(part.opener, part.found, part.format, part.name, self.limits)

    def _report_encoding(self, found: Survey, declared: str) -> None:
        if found.repaired and not found.transcode:
            lines = f"{found.repaired} of {found.lines} lines were"
            self.issues.append(Issue("ENCODING_REPAIRED", "", lines))
        elif declared and _declares_otherwise(found, declared):
            self.issues.append(Issue("ENCODING_MISDECLARED", "", found.encoding))

    def _report_twins(self, headers: list[str]) -> None:
        folded = [header.lower() for header in headers if header]
        twins = sorted({name for name in folded if folded.count(name) > 1})
        self.issues += [Issue("HEADER_DUPLICATE", "", name) for name in twins[:5]]


def _declares_otherwise(found: Survey, declared: str) -> bool:
    says_utf_8 = declared.lower().replace("-", "").replace("_", "") in ("utf8", "ascii", "usascii")
    if found.transcode:
        return found.transcode.startswith("utf-16") and not declared.lower().startswith("utf-16")
    return found.wide and not says_utf_8


def _header(text: str) -> str:
    return text.replace("\ufeff", "").strip()


def _is_header(cells: list[str], declaration: Declaration) -> bool:
    """Tell whether a first row, declared as data, names the columns instead."""
    same = sum(
        index < len(cells) and simple_name(cells[index]).lower() == simple_name(term).lower()
        for index, term in declaration.columns.items()
    )
    return same >= 2 and same * 2 > len(declaration.columns)


def pasted(text: str) -> bytes:
    """Return rows that were copied from a spreadsheet as the bytes of a file to open.

    Raises Refused where there is nothing.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines.strip():
        raise Refused("FILE_EMPTY")
    return lines.encode("utf-8", "replace") + b"\n"
