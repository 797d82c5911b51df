"""What is fetched from an address, and what never is: against a server of our own.

The server stands on 127.0.0.1, which the portal never asks. Tests that need its answers allow that
one address; all others show that it hears nothing.
"""

from __future__ import annotations

import gzip
import io
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import pytest

from darwincore import retrieving
from darwincore.retrieving import Limits, NotFetched, archive_of, is_public, retrieve

Answer = Callable[[Any], None]


class Sink:
    """A server that keeps what it was asked for, and answers each path as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[str, Answer] = {}
        self.over = threading.Event()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sink.asked.append((self.headers["Host"], self.path))
                with suppress(OSError):  # the other side may hang up
                    sink.answers[self.path](self)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def says(self, path: str, body: bytes, **headers: str) -> str:
        """Have `path` answered with a body, and return its address."""

        def answer(handler: Any) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)

    def leads(self, path: str, to: str) -> str:
        """Have `path` answered with a redirect, and return its address."""

        def answer(handler: Any) -> None:
            handler.send_response(302)
            handler.send_header("Location", to)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers[path] = answer
        return self.url(path)

    def drips(self, path: str, seconds: float, *, head: bool) -> str:
        """Have `path` answered a byte at a time, its head already, or only its body."""

        def answer(handler: Any) -> None:
            if head:
                handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
            else:
                handler.send_response(200)
                handler.end_headers()
            while not sink.over.wait(seconds):
                handler.wfile.write(b"a")

        sink = self
        self.answers[path] = answer
        return self.url(path)


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.over.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow 127.0.0.1, and no other address that is not public."""
    monkeypatch.setattr(
        retrieving, "is_public", lambda found: str(found) == "127.0.0.1" or is_public(found)
    )


def refusal(url: str, limits: Limits | None = None) -> str:
    with pytest.raises(NotFetched) as caught:
        retrieve(url, io.BytesIO(), limits)
    return caught.value.code


# --- what is never asked ------------------------------------------------------------------------

FORBIDDEN = """
127.0.0.1  0.0.0.0  10.0.0.7  172.16.3.4  172.31.255.255  192.168.1.1  169.254.169.254
100.64.0.1  192.0.0.1  192.0.2.1  198.18.0.1  198.51.100.7  203.0.113.9  224.0.0.1  239.1.2.3
240.0.0.1  255.255.255.255  ::  ::1  ::127.0.0.1  ::ffff:127.0.0.1  ::ffff:10.0.0.1  fe80::1
fc00::1  fd12:3456::1  fec0::1  ff02::1  2001:db8::1  2002:7f00:1::  64:ff9b::7f00:1
64:ff9b::a9fe:a9fe  2001:0:4136:e378:8000:63bf:80ff:fffe
""".split()


@pytest.mark.parametrize("text", FORBIDDEN)
def test_no_address_but_a_public_one_is_asked(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["93.184.216.34", "::ffff:93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"]
)
def test_a_public_address_may_be_asked(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "0",
        "①②⑦.⓪.⓪.①",
        "[0:0:0:0:0:ffff:7f00:0001]",
    ],
)
def test_no_notation_reaches_this_machine(sink: Sink, host: str) -> None:
    sink.says("/records.csv", b"catalogNumber\n1\n")
    assert refusal(sink.url("/records.csv", host)) in ("PRIVATE", "UNKNOWN_HOST")
    assert sink.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/1",
        "ftp://example.org/records.csv",
        "jar:http://example.org/records.zip",
        "data:text/csv,a",
        "//example.org/records.csv",
        "records.csv",
    ],
)
def test_only_http_and_https_are_spoken(url: str) -> None:
    assert refusal(url) == "SCHEME"


@pytest.mark.parametrize(
    "url",
    ["http://", "https://user:word@example.org/", "http://[::1", "http://a b/", "http://a:99999/"],
)
def test_what_is_no_address_asks_nobody(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: pytest.fail("asked"))
    assert refusal(url) == "ADDRESS"


def test_a_redirect_inside_is_not_followed(sink: Sink, local: None) -> None:
    inner = f"http://[::1]:{sink.port}/secret"
    assert refusal(sink.leads("/records.zip", inner)) == "PRIVATE"
    assert refusal(sink.leads("/again.zip", "http://169.254.169.254/latest/")) == "PRIVATE"
    assert refusal(sink.leads("/file.zip", "file:///etc/passwd")) == "SCHEME"
    assert [path for _host, path in sink.asked] == ["/records.zip", "/again.zip", "/file.zip"]


def resolving(*answers: str) -> Callable[..., Any]:
    """Return a name server that gives another address each time it is asked."""
    left = list(answers)

    def getaddrinfo(_host: str, port: int, *_args: Any, **_named: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (left.pop(0), port))]

    return getaddrinfo


def test_the_connection_goes_to_the_address_that_was_judged(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []

    def connect(_self: Any, address: Any) -> None:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(retrieving.socket, "getaddrinfo", resolving("93.184.216.34", "127.0.0.1"))
    monkeypatch.setattr(retrieving.socket.socket, "connect", connect)
    assert refusal(sink.url("/records.csv", "rebinding.example")) == "UNREACHABLE"
    assert called == [("93.184.216.34", sink.port)]
    assert sink.asked == []


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
        for address in ("93.184.216.34", "10.1.1.1")
    ]
    monkeypatch.setattr(retrieving.socket, "getaddrinfo", lambda *_args, **_named: found)
    assert refusal("http://mixed.example/records.csv") == "PRIVATE"


# --- what comes ---------------------------------------------------------------------------------


def test_what_stands_there_is_fetched(sink: Sink, local: None) -> None:
    body = b"catalogNumber\n1\n" * 10_000
    url = sink.says("/data/records.csv?x=1", body, Content_Type="text/csv; charset=utf-8")
    into, told = io.BytesIO(), list[tuple[int, int | None]]()
    came = retrieve(url, into, told=lambda *progress: told.append(progress))
    assert into.getvalue() == body
    assert (came.url, came.name, came.size) == (url, "records.csv", len(body))
    assert came.content_type == "text/csv"
    assert told[-1] == (len(body), len(body))


def test_the_server_is_asked_by_its_name(
    sink: Sink, local: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieving.socket, "getaddrinfo", resolving("127.0.0.1"))
    sink.says("/a", b"a,b\n")
    retrieve(sink.url("/a", "ipt.example.org"), io.BytesIO())
    assert sink.asked == [(f"ipt.example.org:{sink.port}", "/a")]


def test_redirects_are_followed_a_few_times(sink: Sink, local: None) -> None:
    sink.says("/end", b"a,b\n", Content_Disposition='attachment; filename="../../dwca 1.zip"')
    first = sink.leads("/1", "/2")
    sink.leads("/2", "end")
    came = retrieve(first, io.BytesIO())
    assert (came.url, came.name) == (sink.url("/end"), "dwca 1.zip")
    assert refusal(sink.leads("/round", "/round")) == "REDIRECTS"
    assert len(sink.asked) == 3 + retrieving.MOST_REDIRECTS + 1


def test_an_error_is_told_with_its_number(sink: Sink, local: None) -> None:
    sink.answers["/gone"] = lambda handler: handler.send_error(404)
    assert refusal(sink.url("/gone")) == "STATUS"


def test_a_page_is_no_file(sink: Sink, local: None) -> None:
    assert refusal(sink.says("/page", b"\n<!DOCTYPE html><title>IPT</title>")) == "PAGE"
    assert refusal(sink.says("/nothing", b"")) == "EMPTY"


def test_more_than_the_limit_is_given_up(sink: Sink, local: None) -> None:
    few = Limits(size=100_000)
    assert refusal(sink.says("/told", b"a" * 100_001), few) == "SIZE"

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"a" * 65_536)

    sink.answers["/endless"] = endless
    into = io.BytesIO()
    with pytest.raises(NotFetched) as caught:
        retrieve(sink.url("/endless"), into, few)
    assert caught.value.code == "SIZE"
    assert len(into.getvalue()) <= few.size


def test_a_bomb_does_not_go_off(sink: Sink, local: None) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    into = io.BytesIO()
    url = sink.says("/bomb", bomb, Content_Encoding="gzip")
    with pytest.raises(NotFetched) as caught:
        retrieve(url, into, Limits(size=1_000_000))
    assert caught.value.code == "SIZE"
    assert len(into.getvalue()) <= 1_000_000


def test_a_file_packed_for_the_way_is_unpacked(sink: Sink, local: None) -> None:
    body = b"catalogNumber\n1\n" * 20_000
    into = io.BytesIO()
    retrieve(sink.says("/g", gzip.compress(body), Content_Encoding="gzip"), into)
    assert into.getvalue() == body
    assert refusal(sink.says("/br", b"abc", Content_Encoding="br")) == "ENCODING"


def test_a_file_cut_short_is_no_file(sink: Sink, local: None) -> None:
    def short(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"a" * 999)

    sink.answers["/short"] = short
    assert refusal(sink.url("/short")) == "CUT_OFF"


def test_a_slow_drip_is_cut_off(sink: Sink, local: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieving, "ANSWERING", 0.5)
    monkeypatch.setattr(retrieving, "PACE", 0.5)
    began = time.monotonic()
    assert refusal(sink.drips("/head", 0.05, head=True)) == "SLOW"
    assert refusal(sink.drips("/body", 0.05, head=False)) == "SLOW"
    monkeypatch.setattr(retrieving, "WAIT", 0.3)
    assert refusal(sink.drips("/silent", 60, head=True)) == "SLOW"
    assert time.monotonic() - began < 30


def test_the_whole_takes_no_longer_than_allowed(sink: Sink, local: None) -> None:
    began = time.monotonic()
    assert refusal(sink.drips("/long", 0.05, head=False), Limits(seconds=0.5)) == "LONG"
    assert time.monotonic() - began < 30


def test_a_certificate_that_nobody_vouches_for_is_refused(
    sink: Sink, local: None, tmp_path: Any
) -> None:
    with secured(sink, tmp_path):
        sink.says("/records.csv", b"a,b\n")
        assert refusal(sink.url("/records.csv", scheme="https")) == "TLS"
    assert sink.asked == []


@contextmanager
def secured(sink: Sink, folder: Any) -> Iterator[None]:
    """Let the server speak TLS, with a certificate that it made itself."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 1 -subj /CN=x"
    made = subprocess.run(
        command.split(),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no openssl here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    sink.server.socket = context.wrap_socket(sink.server.socket, server_side=True)
    yield


# --- what an address means ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "archive"),
    [
        ("https://ipt.example.org/resource?r=herb", "https://ipt.example.org/archive.do?r=herb"),
        (
            "https://a.org/ipt/resource?r=herb&v=1.5#anchor",
            "https://a.org/ipt/archive.do?r=herb&v=1.5",
        ),
        ("http://a.org:8080/ipt/resource.do?r=x", "http://a.org:8080/ipt/archive.do?r=x"),
        ("https://a.org/ipt/eml.do?r=x", "https://a.org/ipt/archive.do?r=x"),
        ("https://a.org/ipt/archive.do?r=x", "https://a.org/ipt/archive.do?r=x"),
        (
            "https://p.org/portal/collections/misc/collprofiles.php?collid=7",
            "https://p.org/portal/webservices/dwc/dwcapubhandler.php"
            "?collid=7&schema=symbiota&extended=1",
        ),
        (" https://a.org/records.csv ", "https://a.org/records.csv"),
        ("https://a.org/resource?id=4", "https://a.org/resource?id=4"),
    ],
)
def test_a_page_about_an_archive_leads_to_it(page: str, archive: str) -> None:
    assert archive_of(page) == archive
