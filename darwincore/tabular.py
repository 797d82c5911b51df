"""How bytes become the rows of a table: character encoding, line ends, separator, quoting.

A table is read twice. `survey` goes through its bytes once and finds what a reader must know;
`read_rows` then parses with no more work on a row than its file needs. Memory stays constant.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

from .containers import MEBIBYTE, Limits
from .guarding import GUARDED
from .issues import Issue, Refused
from .mojibake import LOST, MARKS, spotted

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

Opener = Callable[[], IO[bytes]]

_SAMPLE = 256 << 10
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# A lone carriage return inside a line would end a row for the csv module; it waits as U+2028.
_CLEANING = {
    **dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127)),
    13: "\u2028",
}


@dataclass(frozen=True)
class Survey:
    """What one pass over a file found.

    transcode: the codec that turns it into text first, or blank where it is UTF-8 or nearly.
    encoding: what to call it. repaired: lines that are no UTF-8 and were read as Windows-1252.
    lines: their number. wide: some character is outside ASCII. returns: lines end in CR alone.
    dirty: control characters or lone carriage returns to take out. nulls: MySQL's \\N is used.
    spoilt: some letters look as if they were read in a wrong encoding before, or are lost. marked:
    the file starts with a byte order mark. guarded: an apostrophe stands before some formula sign.
    sample: the first bytes, as UTF-8; complete: they are all.
    """

    transcode: str = ""
    encoding: str = "utf-8"
    repaired: int = 0
    lines: int = 0
    wide: bool = False
    returns: bool = False
    dirty: bool = False
    nulls: bool = False
    spoilt: bool = False
    marked: bool = False
    guarded: bool = False
    sample: bytes = b""
    complete: bool = True


class Format(NamedTuple):
    """How cells are told apart. quote and escape are one character, or blank for none."""

    delimiter: str
    quote: str = '"'
    escape: str = ""


class Row(NamedTuple):
    """A record: the line where it starts, from 1; its cells as they stand; issues of the text."""

    line: int
    cells: list[str]
    issues: tuple[Issue, ...]


_NO_ISSUES: tuple[Issue, ...] = ()
_REMOVED = (Issue("CONTROL_CHARACTERS"),)


# Surveying


def survey(
    opener: Opener,
    file: str,
    limits: Limits,
    declared: str = "",
    separator: str = "",
    chosen: str = "",
) -> Survey:
    """Find out how to read a file; raise Refused where it is no text or a limit is passed.

    declared: the encoding that the archive says it has, or blank. It is believed unless the bytes
    say otherwise. chosen: the one that a person says, which is believed. separator: the one that
    was declared, which may be a control character.
    """
    if chosen:
        return _survey_as(chosen, opener, file, limits)
    with opener() as stream:
        head = stream.read(_SAMPLE)
    transcode = _byte_order(head)
    seen = head.decode(transcode, "replace").encode() if transcode else head
    _refuse_other_kinds(seen.replace(separator.encode() or b" ", b" "), file)
    marked = head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    codec = _codec(declared)
    found = _pass_over(opener, transcode, file, limits)
    if not transcode and codec and found.repaired:
        transcode = "cp1252" if codec == "iso8859-1" else codec
        found = _pass_over(opener, transcode, file, limits)
    if transcode:
        return replace(found, transcode=transcode, encoding=transcode, marked=marked)
    return replace(_with_foreign_lines(found, opener), marked=marked)


def _survey_as(chosen: str, opener: Opener, file: str, limits: Limits) -> Survey:
    try:
        known = codecs.lookup(chosen.strip()).name
    except (LookupError, ValueError):
        known = ""
    codec = _codec(chosen)
    if not codec and known not in ("utf-8", "ascii", "utf-8-sig"):
        raise Refused("ENCODING_UNKNOWN", chosen, file=file)
    transcode = "cp1252" if codec == "iso8859-1" else codec.replace("utf-8-sig", "")
    with _as_utf8(opener, transcode) as stream:
        _refuse_other_kinds(stream.read(_SAMPLE), file)
    found = _pass_over(opener, transcode, file, limits)
    if transcode:
        return replace(found, transcode=transcode, encoding=transcode)
    return _with_foreign_lines(found, opener)


def _with_foreign_lines(found: Survey, opener: Opener) -> Survey:
    if not found.repaired:
        return found
    repaired, spoilt = _count_foreign_lines(opener, found.returns)
    return replace(found, repaired=repaired, spoilt=spoilt, encoding="windows-1252")


def _byte_order(head: bytes) -> str:
    """Return the UTF-16 codec that a mark, or a NUL beside every other letter, gives away."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = head[:512]
    if len(start) >= 8 and start.count(0) > len(start) * 2 // 5:
        evens, odds = start[::2].count(0), start[1::2].count(0)
        if evens == 0 or odds == 0:
            return "utf-16-le" if odds else "utf-16-be"
    return ""


_KINDS = (
    (b"%PDF", "FILE_NOT_TEXT", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "SPREADSHEET", "Excel 97, or with a password"),
    (b"PK\x03\x04", "FILE_NOT_TEXT", "another archive"),
    (b"\x1f\x8b", "FILE_NOT_TEXT", "another archive"),
    (b"BZh", "FILE_NOT_TEXT", "a bzip2 archive"),
    (b"\xfd7zXZ", "FILE_NOT_TEXT", "an xz archive"),
    (b"7z\xbc\xaf", "FILE_NOT_TEXT", "a 7z archive"),
    (b"Rar!", "FILE_NOT_TEXT", "a RAR archive"),
    (b"SQLite format 3", "FILE_NOT_TEXT", "a database"),
    (b"{\\rtf", "FILE_NOT_TEXT", "a text document"),
    (b"\x89PNG", "FILE_NOT_TEXT", "a picture"),
    (b"\xff\xd8\xff", "FILE_NOT_TEXT", "a picture"),
    (b"GIF8", "FILE_NOT_TEXT", "a picture"),
)


_ELEMENT = re.compile(rb"<[a-z:]+ xmlns")


def _refuse_other_kinds(head: bytes, file: str) -> None:
    if not head.strip():
        raise Refused("FILE_EMPTY", file=file)
    for mark, code, kind in _KINDS:
        if head.startswith(mark):
            raise Refused(code, kind, file=file)
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise Refused("FILE_NOT_TEXT", "a web page", file=file)
    if start.startswith((b"<?xml", b"<!doctype", b"<eml", b"<archive")) or _ELEMENT.match(start):
        raise Refused("FILE_NOT_TEXT", "XML", file=file)
    if re.match(rb'[\[{]\s*["\[{]', start):
        raise Refused("FILE_NOT_TEXT", "JSON", file=file)
    if len(_CONTROL.findall(head)) > max(len(head) // 20, 20):
        raise Refused("FILE_NOT_TEXT", "no text", file=file)


def _codec(declared: str) -> str:
    """Return the codec of a declared encoding; blank for UTF-8, ASCII and names unknown."""
    with suppress(LookupError, ValueError):
        info = codecs.lookup(declared.strip())
        # zip, hex and the like are codecs too, but not of text
        if info.name not in ("utf-8", "ascii") and "é".encode(info.name, "replace"):
            return info.name
    return ""


# Each mark behind its rarest byte: looking for one byte costs next to nothing.
_SPOILT = (*((mark[-1:], mark) for mark in MARKS), (b"\xef", LOST.encode()))


def _looks_spoilt(chunk: bytes) -> bool:
    return any(byte in chunk and mark in chunk for byte, mark in _SPOILT)


def _pass_over(opener: Opener, transcode: str, file: str, limits: Limits) -> Survey:
    sample = b""
    strict: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    feeds = returns = pairs = run = line = 0
    wide = dirty = nulls = longer = spoilt = guarded = False
    last = b""
    with _as_utf8(opener, transcode) as stream:
        while chunk := stream.read(MEBIBYTE):
            sample = sample or chunk[:_SAMPLE]
            longer = longer or len(chunk) > _SAMPLE
            if not chunk.isascii():
                wide = True
                spoilt = spoilt or _looks_spoilt(chunk)
            strict = _still_utf8(strict, chunk) if wide else strict
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
            dirty = dirty or _CONTROL.search(chunk) is not None
            nulls = nulls or b"\\N" in chunk
            guarded = guarded or (b"'" in chunk and GUARDED.search(chunk) is not None)
            run, line = _run_on(chunk, run), feeds
            if run > limits.line:
                at = max(line, returns) + 1
                raise Refused("LINE_TOO_LONG", str(limits.line), file=file, line=at)
            last = chunk[-1:]
    if strict is not None and _still_utf8(strict, b"", final=True) is None:
        strict = None
    return Survey(
        repaired=int(strict is None),
        lines=max(feeds, returns) + (last not in (b"\n", b"\r", b"")),
        wide=wide,
        returns=feeds == 0 and returns > 0,
        dirty=dirty or (feeds > 0 and returns > pairs),
        nulls=nulls,
        spoilt=spoilt,
        guarded=guarded,
        sample=sample,
        complete=not longer,
    )


def _still_utf8(
    decoder: codecs.IncrementalDecoder | None, chunk: bytes, final: bool = False
) -> codecs.IncrementalDecoder | None:
    if decoder is None:
        return None
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return None
    return decoder


def _run_on(chunk: bytes, run: int) -> int:
    """Return how long the line is that is open at the end of a chunk.

    A line that both starts and ends inside one chunk is shorter than a chunk, so within any limit.
    """
    first = min((at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0), default=-1)
    if first < 0:
        return run + len(chunk)
    return len(chunk) - 1 - max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))


def _count_foreign_lines(opener: Opener, returns: bool) -> tuple[int, bool]:
    """Count the lines that are no UTF-8; tell whether some are partly UTF-8, so spoilt by us."""
    count, spoilt = 0, False
    with _line_ends(opener(), returns) as stream:
        for line in stream:
            try:
                line.decode()
            except UnicodeDecodeError:
                count += 1
                spoilt = spoilt or spotted(_as_windows(line))
    return count, spoilt


# From bytes to text


class _Mapped(io.RawIOBase):
    """A stream whose chunks pass through a function, which is also told when they end."""

    def __init__(self, source: IO[bytes], change: Callable[[bytes, bool], bytes]):
        self.source = source
        self.change = change
        self.rest = b""
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        while not self.rest and not self.ended:
            chunk = self.source.read(1 << 18)
            self.ended = not chunk
            self.rest = self.change(chunk, self.ended)
        data, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self.source.close()
        super().close()


def _as_utf8(opener: Opener, transcode: str) -> IO[bytes]:
    if not transcode:
        return opener()
    errors = _OR_LATIN_1 if transcode == "cp1252" else "replace"
    decoder = codecs.getincrementaldecoder(transcode)(errors)
    return io.BufferedReader(
        _Mapped(opener(), lambda chunk, last: decoder.decode(chunk, last).encode()), MEBIBYTE
    )


def _line_ends(stream: IO[bytes], returns: bool) -> IO[bytes]:
    if not returns:
        return stream
    return io.BufferedReader(
        _Mapped(stream, lambda chunk, last: chunk.replace(b"\r", b"\n")), MEBIBYTE
    )


def _lines(stream: IO[bytes], found: Survey) -> Iterator[str]:
    """Return the lines of a stream as text, each with its end."""
    if not found.repaired or found.transcode:
        return iter(io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="\n"))
    return _mended_lines(stream)


def _mended_lines(stream: IO[bytes]) -> Iterator[str]:
    first = True
    for line in stream:
        if first:
            line, first = line.removeprefix(codecs.BOM_UTF8), False
        try:
            yield line.decode()
        except UnicodeDecodeError:
            yield _as_windows(line)


def _as_windows(line: bytes) -> str:
    return line.decode("cp1252", _OR_LATIN_1)


def _latin_1(error: UnicodeError) -> tuple[str, int]:
    """Read the five bytes that Windows-1252 leaves open as Latin-1 does."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


_OR_LATIN_1 = "windows-1252-or-latin-1"
codecs.register_error(_OR_LATIN_1, _latin_1)


# Parsing


def guess_format(found: Survey) -> Format:
    """Return how the cells of a table without meta.xml are most likely told apart."""
    lines = _sample_lines(found)
    candidates = [Format(delimiter) for delimiter in ",\t;|"]
    candidates += [Format(delimiter, quote="") for delimiter in "\t|"]
    best = max(candidates, key=lambda format: _plausibility(lines, format))
    return refine_quoting(found, Format(best.delimiter))


def refine_quoting(found: Survey, format: Format) -> Format:
    r"""Return the format with quoting on or off, and with \" as a quote, as suits the file best."""
    if b'"' not in found.sample:
        return format
    lines = _sample_lines(found)
    candidates = [format]
    if b'\\"' in found.sample:
        candidates.append(format._replace(escape="\\"))
    if format.delimiter in "\t|":
        plain = format._replace(quote="")
        encloses = any(
            len(cell) > 1 and cell[0] == cell[-1] == '"'
            for row in _parse_sample(lines, plain) or []
            for cell in row
        )
        candidates.insert(1 if encloses else 0, plain)
    return max(candidates, key=lambda candidate: _plausibility(lines, candidate))


def _sample_lines(found: Survey) -> list[str]:
    sample = found.sample.replace(b"\r", b"\n") if found.returns else found.sample
    cut = sample if found.complete else sample[: sample.rfind(b"\n") + 1]
    text = cut.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").translate(_CLEANING)
    return [line + "\n" for line in text.replace("\u2028", "").split("\n")]


def _plausibility(lines: list[str], format: Format) -> float:
    """Say how well a format explains some lines: columns of the header × share of rows that fit."""
    rows = _parse_sample(lines, format)
    if not rows or len(rows[0]) == 1:
        return 0.0
    width = len(rows[0])
    fitting = sum(len(row) == width for row in rows)
    return width * (fitting + 0.1) / (len(rows) + 0.1)


def _parse_sample(lines: list[str], format: Format) -> list[list[str]] | None:
    try:
        return list(islice(filter(None, _reader(iter(lines), format)), 1000))
    except csv.Error:
        return None


def _reader(lines: Iterator[str], format: Format, *, strict: bool = False) -> "CsvReader":
    return csv.reader(
        lines,
        strict=strict,
        delimiter=format.delimiter,
        quotechar=format.quote or None,
        quoting=csv.QUOTE_MINIMAL if format.quote else csv.QUOTE_NONE,
        escapechar=format.escape or None,
    )


def read_rows(
    opener: Opener, found: Survey, format: Format, file: str, limits: Limits
) -> Iterator[Row]:
    """Yield every row, the header and blank ones too; raise Refused where parsing ends."""
    # The csv module has one such limit for the whole process.
    csv.field_size_limit(limits.cell)
    with _line_ends(_as_utf8(opener, found.transcode), found.returns) as stream:
        lines = _lines(stream, found)
        washer = _Washer(lines, format) if found.dirty else None
        start = 0
        try:
            for start, cells, is_open in _parsed(washer or lines, format):
                issues = _opened_in(cells) if is_open else _NO_ISSUES
                if washer is None:
                    yield Row(start, cells, issues)
                else:
                    yield Row(start, washer.restore(cells), issues + washer.issues())
        except _Unparsed as unparsed:
            raise _unreadable(unparsed.error, file, unparsed.line, limits) from unparsed


class _Unparsed(Exception):
    def __init__(self, error: csv.Error, line: int) -> None:
        self.error, self.line = error, line


def _parsed(lines: Iterator[str], format: Format) -> Iterator[tuple[int, list[str], bool]]:
    """Yield the line where a row starts, from 1; its cells; whether a quote is open at its end.

    A cell that would hold the end of one row and the start of another is the work of a stray quote.
    Between tabs or bars, where quotes seldom enclose, its lines are rows, and quotes are text.
    Elsewhere it must be a fault of quoting, too: the line where it starts stands for itself, and
    reading goes on behind it.
    """
    seldom = format.delimiter in "\t|"
    recent = _Recent(lines)
    width = begun = line = 0
    while True:
        reader = _reader(iter(recent) if format.quote else lines, format)
        try:
            for cells in reader:
                start, line = line + 1, begun + reader.line_num
                width = width or len(cells)
                taken = recent.taken()
                if line > start and _holds_rows(cells, width, format, taken):
                    break
                yield start, cells, False
            else:
                return
        except csv.Error as error:  # a cell that is too long
            start, taken = line + 1, recent.taken()
            if not _are_rows(taken, width, format):
                raise _Unparsed(error, start) from error
        if seldom:
            for number, text in enumerate(taken, start):
                yield number, _without_quoting(text, format), False
            begun = line = start + len(taken) - 1
        else:
            try:
                alone = _line_alone(taken[0], format)
            except csv.Error as error:
                raise _Unparsed(error, start) from error
            recent.put_back(taken[1:])
            begun = line = start
            yield start, alone, True


class _Recent:
    """Lines, remembering those that were read since somebody asked; some may be put back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.read: list[str] = []
        self.waiting: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        while (line := self.waiting.popleft() if self.waiting else next(self.lines, "")) != "":
            self.read.append(line)
            yield line

    def taken(self) -> list[str]:
        read, self.read = self.read, []
        return read

    def put_back(self, lines: list[str]) -> None:
        self.waiting.extendleft(reversed(lines))


def _holds_rows(cells: list[str], width: int, format: Format, taken: list[str]) -> bool:
    """Whether a cell holds a line break among as many separators as part the cells of a row.

    Where quotes often enclose, that may be a text of several lines: its quoting must be at fault.
    """
    holds = any("\n" in cell and cell.count(format.delimiter) >= width - 1 for cell in cells)
    if format.delimiter in "\t|":
        return holds and width > 3
    return (holds or len(cells) != width) and not _is_well_quoted(taken, format)


def _are_rows(lines: list[str], width: int, format: Format) -> bool:
    """Whether lines that a cell would hold are mostly rows, by the number of their separators."""
    fitting = sum(line.count(format.delimiter) >= width - 1 for line in lines)
    return width > 1 and len(lines) > 1 and fitting >= len(lines) * 0.9


def _is_well_quoted(lines: list[str], format: Format) -> bool:
    try:
        return len(list(_reader(iter(lines), format, strict=True))) == 1
    except csv.Error:
        return False


def _line_alone(line: str, format: Format) -> list[str]:
    return next(_reader(iter([line.rstrip("\r\n")]), format), [])


def _without_quoting(line: str, format: Format) -> list[str]:
    text, quote = line.rstrip("\r\n"), format.quote
    cells = text.split(format.delimiter) if text else []
    return [
        cell[1:-1].replace(quote * 2, quote)
        if len(cell) > 1 and cell[0] == cell[-1] == quote
        else cell
        for cell in cells
    ]


def _opened_in(cells: list[str]) -> tuple[Issue, ...]:
    return (Issue("QUOTE_OPEN", "", cells[-1][:200] if cells else ""),)


def _unreadable(error: csv.Error, file: str, line: int, limits: Limits) -> Refused:
    if "field larger" in str(error):
        return Refused("CELL_TOO_LONG", str(limits.cell), file=file, line=line)
    return Refused("ROW_UNREADABLE", str(error), file=file, line=line)


class _Washer:
    """Lines without control characters, remembering whether the row at hand had some."""

    def __init__(self, lines: Iterator[str], format: Format):
        self.lines = lines
        self.removed = False
        marks = {*map(ord, format.delimiter + format.quote)}
        self.cleaning = {code: to for code, to in _CLEANING.items() if code not in marks}

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        body = line.rstrip("\r\n")
        clean = body.translate(self.cleaning)
        if len(clean) != len(body):
            self.removed = True
        return clean + "\n"

    def issues(self) -> tuple[Issue, ...]:
        removed, self.removed = self.removed, False
        return _REMOVED if removed else _NO_ISSUES

    @staticmethod
    def restore(cells: list[str]) -> list[str]:
        return [cell.replace("\u2028", "\n") for cell in cells]
