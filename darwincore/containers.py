"""What an uploaded file holds: itself, or the members of a zip, tar or gzip, safely.

Nothing is ever written under a name that the archive chose. Members of a zip are read as streams;
those of a tar are copied one after the other into one temporary file without a name. What a header
declares is not trusted: sizes and ratios are counted while bytes flow.
"""

import gzip
import io
import os
import re
import stat
import tarfile
import tempfile
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from .issues import Refused

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What an upload may cost.

    members: files in an archive. total, member: bytes unpacked, of all files and of one.
    ratio: unpacked to packed bytes, looked at once `ratio_from` bytes are unpacked.
    sheet: bytes of one sheet of a spreadsheet. line: bytes of one line. cell: characters of one
    cell. columns: of one table. facts: rows about events, given to each occurrence.
    metadata: bytes of meta.xml or of the metadata file.
    """

    members: int = 1000
    total: int = 8192 * MEBIBYTE
    member: int = 4096 * MEBIBYTE
    ratio: int = 200
    ratio_from: int = 10 * MEBIBYTE
    sheet: int = 1024 * MEBIBYTE
    line: int = 4 * MEBIBYTE
    cell: int = 1_000_000
    columns: int = 1000
    facts: int = 2_000_000
    metadata: int = 2 * MEBIBYTE


class Container(ABC):
    """The files in an upload, by safe names in their order."""

    is_archive = True
    delimiter = ""  # where the container made the table itself

    def __init__(self, filename: str, limits: Limits):
        self.filename = filename
        self.limits = limits
        self.names: list[str] = []

    @abstractmethod
    def open(self, name: str) -> io.BufferedReader:
        """Return the bytes of one member; reading raises Refused where a limit is passed."""

    def close(self) -> None:  # noqa: B027 - a file that stands by itself holds nothing open
        """Let go of the file."""

    def _add(self, name: str) -> str | None:
        """List a member under its safe name; return it, or None for what is to be ignored."""
        safe = safe_name(name, self.filename)
        if not safe or _is_clutter(safe):
            return None
        if safe in self.names:
            raise Refused("ARCHIVE_NAME_TWICE", safe, file=self.filename)
        self.names.append(safe)
        return safe


class SingleFile(Container):
    """A file that is no archive."""

    is_archive = False

    def __init__(self, path: Path, filename: str, limits: Limits):
        super().__init__(filename, limits)
        self.path = path
        self.names = [filename]

    def open(self, name: str) -> io.BufferedReader:
        return self.path.open("rb")


class GzippedFile(SingleFile):
    """One file packed by gzip."""

    def __init__(self, path: Path, filename: str, limits: Limits):
        super().__init__(path, re.sub(r"\.gz$", "", filename, flags=re.IGNORECASE), limits)

    def open(self, name: str) -> io.BufferedReader:
        return _counted(
            gzip.open(self.path, "rb"),
            self.filename,
            packed=self.path.stat().st_size,
            most=self.limits.member,
            limits=self.limits,
        )


class ZipArchive(Container):
    """A zip, read through streams."""

    def __init__(self, path: Path, filename: str, limits: Limits):
        super().__init__(filename, limits)
        _refuse_more(path, filename)
        with _damage_refused(filename):
            self.zip = zipfile.ZipFile(path)
        try:
            self._list()
        except BaseException:
            self.close()
            raise

    def _list(self) -> None:
        self.infos: dict[str, zipfile.ZipInfo] = {}
        listed = self.zip.infolist()
        if len(listed) > self.limits.members:
            raise Refused("ARCHIVE_MEMBERS", str(self.limits.members), file=self.filename)
        if sum(info.file_size for info in listed) > self.limits.total:
            raise Refused("ARCHIVE_TOO_LARGE", said_size(self.limits.total), file=self.filename)
        if min((info.header_offset for info in listed), default=0):
            raise Refused("ARCHIVE_BROKEN", "something stands before it", file=self.filename)
        _refuse_office({info.filename for info in listed}, self.filename)
        for info in listed:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused("ARCHIVE_LINK", info.filename, file=self.filename)
            safe = safe_name(info.filename, self.filename)
            if info.is_dir() or not safe or self._add(info.filename) is None:
                continue
            if info.flag_bits & 0x1:
                raise Refused("ARCHIVE_ENCRYPTED", file=self.filename)
            self.infos[safe] = info

    def open(self, name: str) -> io.BufferedReader:
        info = self.infos[name]
        with _damage_refused(self.filename):
            member = self.zip.open(info)
        return _counted(
            member,
            self.filename,
            packed=info.compress_size,
            most=self.limits.member,
            limits=self.limits,
        )

    def close(self) -> None:
        self.zip.close()


class TarArchive(Container):
    """A tar, plain or gzipped; its files are spooled to one unnamed temporary file."""

    def __init__(self, path: Path, filename: str, limits: Limits, *, gzipped: bool):
        super().__init__(filename, limits)
        self.places: dict[str, tuple[int, int]] = {}
        # Closed by close(): the spool lives as long as the archive.
        self.spool = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            with self._unpacked(path, gzipped) as stream, _damage_refused(filename):
                self._spool(stream)
        except BaseException:
            self.close()
            raise

    def _unpacked(self, path: Path, gzipped: bool) -> io.BufferedReader:
        return _counted(
            gzip.open(path, "rb") if gzipped else path.open("rb"),
            self.filename,
            packed=path.stat().st_size,
            most=self.limits.total,
            limits=self.limits,
        )

    def _spool(self, stream: io.BufferedReader) -> None:
        seen = 0
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for info in tar:
                seen += 1
                if seen > self.limits.members:
                    raise Refused("ARCHIVE_MEMBERS", str(self.limits.members), file=self.filename)
                if not (info.isreg() or info.isdir()):
                    raise Refused("ARCHIVE_LINK", info.name, file=self.filename)
                safe = self._add(info.name) if info.isreg() else safe_name(info.name, self.filename)
                member = tar.extractfile(info) if info.isreg() and safe else None
                if member is not None and safe is not None:
                    self._copy(member, safe)

    def _copy(self, member: IO[bytes], safe: str) -> None:
        start = size = self.spool.tell()
        while chunk := member.read(MEBIBYTE):
            size += self.spool.write(chunk)
            if size - start > self.limits.member:
                raise Refused(
                    "ARCHIVE_TOO_LARGE", said_size(self.limits.member), file=self.filename
                )
        self.places[safe] = (start, size)

    def open(self, name: str) -> io.BufferedReader:
        self.spool.flush()
        return io.BufferedReader(Slice(self.spool.fileno(), *self.places[name]), MEBIBYTE)

    def close(self) -> None:
        self.spool.close()


def open_container(path: Path, filename: str, limits: Limits) -> Container:
    """Return what a file holds, told from its first bytes and never from its name alone."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise Refused("FILE_MISSING", error.strerror or "", file=filename) from error
    if not head:
        raise Refused("FILE_EMPTY", file=filename)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return ZipArchive(path, filename, limits)
    if head.startswith(b"\x1f\x8b"):
        return _open_gzip(path, filename, limits)
    if _looks_like_tar(head):
        return TarArchive(path, filename, limits, gzipped=False)
    return SingleFile(path, filename, limits)


def _open_gzip(path: Path, filename: str, limits: Limits) -> Container:
    with _damage_refused(filename), gzip.open(path, "rb") as unpacked:
        head = unpacked.read(512)
    if _looks_like_tar(head):
        return TarArchive(path, filename, limits, gzipped=True)
    if not head:
        raise Refused("FILE_EMPTY", file=filename)
    return GzippedFile(path, filename, limits)


def _looks_like_tar(head: bytes) -> bool:
    if head[257:262] == b"ustar":
        return True
    with suppress(tarfile.HeaderError):  # the older format has no mark, but a checksum
        return bool(tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape").name)
    return False


def safe_name(name: str, filename: str = "") -> str:
    r"""Return a member's name as a relative path with "/"; blank for the archive's own folder.

    `\` reads as `/`, a leading `/` and "." are dropped; ".." and drive letters are refused.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    unsafe = ".." in parts or any("\0" in part for part in parts)
    if unsafe or (parts and re.match(r"[A-Za-z]:", parts[0])):
        raise Refused("ARCHIVE_PATH", name, file=filename)
    return "/".join(parts)


def _is_clutter(name: str) -> bool:
    """Tell what file managers leave behind: __MACOSX and files whose name starts with a dot."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 0xFFFF


def _refuse_more(path: Path, filename: str) -> None:
    """Refuse a zip that programs read differently: with bytes behind its end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - _END_SIZE - _LONGEST_COMMENT, 0))
        tail = file.read()
    ends = [found.start() for found in re.finditer(re.escape(_END), tail)]
    reaching = [
        at
        for at in ends
        if at + _END_SIZE + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)
    ]
    if ends and len(reaching) != 1:
        raise Refused("ARCHIVE_BROKEN", "something stands behind it", file=filename)


def _refuse_office(names: set[str], filename: str) -> None:
    if "xl/workbook.bin" in names:
        raise Refused("SPREADSHEET", "a binary workbook of Excel", file=filename)
    if "word/document.xml" in names:
        raise Refused("FILE_NOT_TEXT", "a Word document", file=filename)


@contextmanager
def _damage_refused(filename: str) -> Iterator[None]:
    """Turn whatever the unpackers raise into a refusal."""
    try:
        yield
    except Refused:
        raise
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        raise Refused("ARCHIVE_BROKEN", str(error).rstrip("."), file=filename) from error
    except (tarfile.TarError, NotImplementedError, zipfile.LargeZipFile) as error:
        raise Refused("ARCHIVE_BROKEN", str(error).rstrip("."), file=filename) from error
    except RuntimeError as error:
        code = "ARCHIVE_ENCRYPTED" if "password" in str(error) else "ARCHIVE_BROKEN"
        raise Refused(code, str(error), file=filename) from error


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...

    def close(self) -> object: ...


class _Counted(io.RawIOBase):
    """A stream that stops, refusing, where it yields more than it may."""

    def __init__(self, source: _Readable, filename: str, packed: int, most: int, limits: Limits):
        self.source = source
        self.filename = filename
        self.most = most
        self.limits = limits
        self.most_by_ratio = max(packed * limits.ratio, limits.ratio_from)
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        with _damage_refused(self.filename):
            data = self.source.read(len(buffer))
        self.count += len(data)
        if self.count > self.most:
            raise Refused("ARCHIVE_TOO_LARGE", said_size(self.most), file=self.filename)
        if self.count > self.most_by_ratio:
            raise Refused("ARCHIVE_RATIO", str(self.limits.ratio), file=self.filename)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self.source.close()
        super().close()


def _counted(
    source: _Readable, filename: str, *, packed: int, most: int, limits: Limits
) -> io.BufferedReader:
    stream = _Counted(source, filename, packed, most, limits)
    return io.BufferedReader(stream, 1 << 16)


class Slice(io.RawIOBase):
    """Part of an open file, with a position of its own."""

    def __init__(self, descriptor: int, start: int, end: int):
        self.descriptor = descriptor
        self.position = start
        self.end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        wanted = min(len(buffer), self.end - self.position)
        data = os.pread(self.descriptor, wanted, self.position)
        self.position += len(data)
        buffer[: len(data)] = data
        return len(data)


def said_size(count: int) -> str:
    """Say a number of bytes: 8 GiB, 10 MiB, 900 bytes."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            return f"{count // unit} {name}"
    return f"{count} bytes"
