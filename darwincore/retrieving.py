"""A file fetched from an address that somebody typed, with nothing of ours reached by it.

Only http and https; only addresses of the public internet, judged after the name was resolved and
in whatever notation they came; the connection goes to the very address that was judged; every
redirect is judged anew. Time, size, the pace of what arrives and what unpacks are bounded.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from typing import IO, Any, NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

MOST_REDIRECTS = 5
WAIT = 20.0  # seconds for each wait on the network
ANSWERING = 30.0  # seconds from the call to the end of the answer's head
PACE = 25.0  # seconds in which at least SLOWEST bytes have to come
SLOWEST = 30_000
PART = 65_536

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Told = Callable[[int, int | None], None]  # bytes so far, and of how many if that is known


class NotFetched(Exception):
    """Nothing usable came. code: what went wrong; values: what fills its sentence."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


class Limits(NamedTuple):
    """How much may come, in bytes, and how long it may take in all, in seconds."""

    size: int = 1024**3
    seconds: float = 3600.0


class Fetched(NamedTuple):
    """What came: where from after all redirects, the name it goes by, its size, its type."""

    url: str
    name: str
    size: int
    content_type: str


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public internet, and to one machine there.

    An IPv6 address that stands for an IPv4 one (mapped, 6to4, NAT64) is judged by that one too.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = list(_inner(address))
        if address not in _IN_USE and not inner:
            return False
        if not all(is_public(each) for each in inner):
            return False
        if address not in _IN_USE:
            return True
    return address.is_global and not (address.is_multicast or address.is_reserved)


_IN_USE = ipaddress.ip_network("2000::/3")  # what is given out of all IPv6 addresses
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _inner(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def retrieve(
    url: str, into: IO[bytes], limits: Limits | None = None, told: Told | None = None
) -> Fetched:
    """Write what stands at `url` to `into`, and return what it is.

    told: called between two parts with the bytes so far; may raise to stop. Raises NotFetched.
    """
    limits = limits or Limits()
    deadline = time.monotonic() + limits.seconds
    for _redirect in range(MOST_REDIRECTS + 1):
        call = _Call(url)
        with call.answering(deadline) as response:
            if to := call.redirect(response):
                url = to
                continue
            call.must_have_worked(response)
            size = _Body(call, response, limits, deadline).copy(into, told)
            kind = response.headers.get_content_type()
            return Fetched(url, _name(response.headers, url), size, kind)
    raise NotFetched("REDIRECTS", most=MOST_REDIRECTS)


def must_be_fetchable(url: str) -> None:
    """Raise NotFetched for an address that is none at all, before anybody is asked."""
    _Call(url)


class _Call:
    """One question to one server."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url.strip())
            self.port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
            self.host = (parts.hostname or "").encode("idna").decode()
        except ValueError:
            raise NotFetched("ADDRESS", url=url) from None
        if parts.scheme not in ("http", "https"):
            raise NotFetched("SCHEME", scheme=parts.scheme or url)
        if not self.host or "@" in parts.netloc or _BAD_HOST.search(self.host):
            raise NotFetched("ADDRESS", url=url)
        self.url = url
        self.is_secure = parts.scheme == "https"
        self.path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        if parts.query:
            self.path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")

    @contextmanager
    def answering(self, deadline: float) -> Iterator[http.client.HTTPResponse]:
        """Ask, and hand over the answer whose head is read."""
        connection = _Pinned(self, self._addresses())
        seconds = min(ANSWERING, deadline - time.monotonic())
        try:
            with _cut_off_after(seconds, connection) as watch:
                try:
                    connection.request("GET", self.path, headers=_HEADERS)
                    response = connection.getresponse()
                    if watch.is_set():
                        raise TimeoutError
                except ssl.SSLError as error:
                    reason = getattr(error, "verify_message", "") or error.reason or error
                    raise NotFetched("TLS", host=self.host, reason=reason) from None
                except (OSError, http.client.HTTPException) as error:
                    if watch.is_set() or isinstance(error, TimeoutError):
                        raise NotFetched("SLOW", host=self.host) from None
                    raise NotFetched("UNREACHABLE", host=self.host, reason=_said(error)) from None
            yield response
            response.close()
        finally:
            connection.close()

    def _addresses(self) -> list[str]:
        """Resolve the host once; refuse it when a single one of its addresses isn't public."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotFetched("UNKNOWN_HOST", host=self.host) from None
        texts = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
        for text in texts:
            if not is_public(ipaddress.ip_address(text)):
                raise NotFetched("PRIVATE", host=self.host)
        return texts

    def redirect(self, response: http.client.HTTPResponse) -> str:
        """Return where the answer sends us, blank when it is the thing itself."""
        location = response.headers.get("Location", "")
        if response.status not in (301, 302, 303, 307, 308) or not location:
            return ""
        to = urljoin(self.url, location)
        if self.is_secure and to.lower().startswith("http:"):
            raise NotFetched("DOWNGRADE", host=self.host)
        return to

    def must_have_worked(self, response: http.client.HTTPResponse) -> None:
        if response.status != 200:
            reason = " ".join(response.reason.split())[:100]
            raise NotFetched("STATUS", host=self.host, status=response.status, reason=reason)


_BAD_HOST = re.compile(r"[\x00-\x20/\\?#@%]")
_HEADERS = {
    "User-Agent": "Holotype",
    "Accept": "application/zip, text/csv, */*;q=0.5",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class _Pinned(http.client.HTTPConnection):
    """A connection to addresses that were judged; the host's name serves TLS and the head alone."""

    def __init__(self, call: _Call, addresses: list[str]) -> None:
        super().__init__(call.host, call.port, timeout=WAIT)
        self.is_secure = call.is_secure
        self.addresses = addresses
        if call.is_secure:
            self.default_port = 443
        self.raw: socket.socket | None = None

    def connect(self) -> None:
        """Call the first address that answers."""
        last: OSError = OSError()
        for address in self.addresses[:4]:
            try:
                self._call(address)
                break
            except OSError as error:
                last = error
        else:
            raise last
        assert self.raw
        self.sock = self.raw
        if self.is_secure:
            context = trusted()
            wrapped = context.wrap_socket(
                self.raw, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.raw = self.sock = wrapped
            wrapped.do_handshake()

    def _call(self, address: str) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.raw.settimeout(WAIT)
            self.raw.connect((address, self.port))
        except OSError:
            self.raw.close()
            raise


def trusted() -> ssl.SSLContext:
    """Return what decides whose certificate is believed: the machine's own authorities."""
    return ssl.create_default_context()


@contextmanager
def _cut_off_after(seconds: float, connection: _Pinned) -> Iterator[threading.Event]:
    """Shut the connection down when the time is over; the event then tells so."""
    over = threading.Event()

    def end() -> None:
        over.set()
        if connection.raw is not None:
            with suppress(OSError):  # it may have gone by itself
                socket.socket.shutdown(connection.raw, socket.SHUT_RDWR)

    timer = threading.Timer(max(seconds, 0.0), end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()


class _Body:
    """What an answer holds, on its way into a file."""

    def __init__(
        self, call: _Call, response: http.client.HTTPResponse, limits: Limits, deadline: float
    ) -> None:
        self.call, self.response, self.limits, self.deadline = call, response, limits, deadline
        told = response.headers.get("Content-Length", "")
        self.length = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None
        self.unpack = _unpacker(response.headers.get("Content-Encoding", ""))

    def copy(self, into: IO[bytes], told: Told | None) -> int:
        """Write it all; return how many bytes that were, unpacked."""
        if (self.length or 0) > self.limits.size:
            raise NotFetched("SIZE", most=self.limits.size)
        written = 0
        for part in self._unpacked():
            if not written:
                self._must_be_no_page(part)
            written += len(part)
            if written > self.limits.size:
                raise NotFetched("SIZE", most=self.limits.size)
            into.write(part)
            if told:
                told(written, self.length if self.unpack is None else None)
        if not written:
            raise NotFetched("EMPTY", host=self.call.host)
        return written

    def _unpacked(self) -> Iterator[bytes]:
        """Yield the parts; of what is packed for the way no more than PART bytes at a time."""
        if self.unpack is None:
            yield from self._parts()
            return
        try:
            for part in self._parts():
                while part:
                    yield self.unpack.decompress(part, PART)
                    part = self.unpack.unconsumed_tail
            yield self.unpack.flush()
        except zlib.error:
            raise NotFetched("CUT_OFF", host=self.call.host) from None

    def _parts(self) -> Iterator[bytes]:
        """Yield what comes, as long as it comes fast enough, and make sure that all has come."""
        came, since, mark = 0, time.monotonic(), 0
        while part := self._read():
            came += len(part)
            yield part
            now = time.monotonic()
            if now > self.deadline:
                raise NotFetched("LONG", host=self.call.host, seconds=self.limits.seconds)
            if now - since > PACE:
                if came - mark < SLOWEST:
                    raise NotFetched("SLOW", host=self.call.host)
                since, mark = now, came
        if self.length is not None and came < self.length:
            raise NotFetched("CUT_OFF", host=self.call.host)

    def _read(self) -> bytes:
        try:
            return self.response.read1(PART)
        except TimeoutError:
            raise NotFetched("SLOW", host=self.call.host) from None
        except (OSError, http.client.HTTPException):
            raise NotFetched("CUT_OFF", host=self.call.host) from None

    def _must_be_no_page(self, start: bytes) -> None:
        head = start[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith((b"<!doctype html", b"<html")):
            raise NotFetched("PAGE", url=self.call.url)


def _unpacker(encoding: str) -> Any:
    """Return what unpacks a body that was packed for the way although we didn't ask for it."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        return zlib.decompressobj()
    raise NotFetched("ENCODING", encoding=encoding[:40])


def _name(headers: Message, url: str) -> str:
    """Return the name of what came: as the server calls it, or the last part of the address."""
    given = headers.get_filename() or ""
    name = given or unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    name = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())
    return name[:200] or urlsplit(url).hostname or "file"


def _said(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]


# --- what an address means ----------------------------------------------------------------------

_IPT = re.compile(r"/(resource|resource\.do|manage/resource\.do|eml\.do|archive\.do|rtf\.do)/?$")
_PROFILE = re.compile(r"/collections/misc/collprofiles\.php$")


def archive_of(url: str) -> str:
    """Return the address of the archive behind a page about it, or the address as it is.

    A resource's page of an IPT (…/resource?r=NAME), and a collection's profile of a Symbiota
    portal (…/collections/misc/collprofiles.php?collid=N), lead people to an archive.
    """
    parts = urlsplit(url.strip())
    given = dict(pair.partition("=")[::2] for pair in parts.query.split("&"))
    if _IPT.search(parts.path) and given.get("r"):
        path = _IPT.sub("/archive.do", parts.path)
        version = f"&v={given['v']}" if given.get("v") else ""
        return parts._replace(path=path, query=f"r={given['r']}{version}", fragment="").geturl()
    if _PROFILE.search(parts.path) and given.get("collid", "").isdigit():
        path = _PROFILE.sub("/webservices/dwc/dwcapubhandler.php", parts.path)
        query = f"collid={given['collid']}&schema=symbiota&extended=1"
        return parts._replace(path=path, query=query, fragment="").geturl()
    return url.strip()
