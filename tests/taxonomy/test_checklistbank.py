"""Asking over HTTP: patient with what passes, short with what doesn't, and never led astray."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from taxonomy import checklistbank
from taxonomy.checklistbank import Session, Unanswered, Unavailable
from tests.taxonomy import catalogue_server as server

ASKED = {"scientificName": "Puma concolor"}


@pytest.fixture
def naps(monkeypatch):
    """The seconds it would have slept, the pause between two questions left out."""
    slept = []
    monkeypatch.setattr(checklistbank, "PAUSE", 0)
    monkeypatch.setattr(checklistbank, "_sleep", lambda s: slept.append(s) if s > 0 else None)
    return slept


@pytest.fixture
def catalogue(naps):
    with server.serving() as served:
        yield served


def ask(catalogue):
    return Session(catalogue.url, "Holotype (test)").get("/match/nameusage", ASKED)


@pytest.mark.parametrize(
    "fault",
    [
        server.error(500),
        server.error(502),
        server.error(503),
        server.error(504),
        server.error(429),
        server.cut,
        server.dropped,
        server.body(b"<html>We'll be back</html>"),
        server.body(b"\xff\xfe"),
        server.body(b"[" * 100_000),
    ],
)
def test_what_passes_is_tried_again(catalogue, naps, fault):
    catalogue.faults = [fault, fault]
    assert ask(catalogue)["type"] == "variant"
    assert len(naps) == 2
    assert 0.8 <= naps[0] <= 1.2 < 2.4 <= naps[1] <= 3.6


@pytest.mark.parametrize("fault", [server.error(500), server.cut, server.body(b"?")])
def test_what_does_not_pass_is_given_up(catalogue, fault):
    catalogue.faults = [fault] * 4
    with pytest.raises(Unanswered):
        ask(catalogue)
    assert len(catalogue.asked) == 4


def test_question_the_server_refuses_is_not_repeated(catalogue):
    with pytest.raises(Unanswered, match="400: Missing name"):
        Session(catalogue.url, "Holotype").get("/match/nameusage", {"q": " "})
    assert len(catalogue.asked) == 1


def test_waits_as_long_as_the_server_asks(catalogue, naps):
    catalogue.faults = [server.error(429, Retry_After="7"), server.error(503, Retry_After="11")]
    ask(catalogue)
    assert naps == [7, 11]


def test_retry_after_may_be_a_date(catalogue, naps):
    then = datetime.now(UTC) + timedelta(seconds=50)
    catalogue.faults = [server.error(503, Retry_After=format_datetime(then, usegmt=True))]
    ask(catalogue)
    assert 45 < naps[0] <= 50


def test_server_that_wants_a_long_wait_is_unavailable_at_once(catalogue, naps):
    catalogue.faults = [server.error(429, Retry_After="3600")]
    with pytest.raises(Unavailable, match="429"):
        ask(catalogue)
    assert naps == []


def test_busy_server_is_unavailable_after_the_last_attempt(catalogue):
    catalogue.faults = [server.error(503)] * 4
    with pytest.raises(Unavailable, match="503: There was an error"):
        ask(catalogue)


def test_slow_answer_is_given_up(catalogue, naps, monkeypatch):
    monkeypatch.setattr(checklistbank, "TIMEOUT", 1.0)
    catalogue.faults = [server.slow(2.0)]
    assert ask(catalogue)["type"] == "variant"
    assert len(naps) == 1


def test_server_that_is_not_there_is_no_surprise(catalogue):
    asking = Session("http://127.0.0.1:9/dataset/3LR", "Holotype")
    with pytest.raises(Unanswered, match="can't be reached"):
        asking.get("/match/nameusage", ASKED)


def test_answer_above_the_bound_is_not_read(catalogue, monkeypatch):
    monkeypatch.setattr(checklistbank, "LARGEST_ANSWER", 1000)
    catalogue.faults = [server.body(b'"' + b"x" * 2000 + b'"')]
    with pytest.raises(Unanswered, match="longer than"):
        ask(catalogue)
    assert len(catalogue.asked) == 1


@pytest.mark.parametrize(
    "elsewhere", ["http://example.org/", "http://127.0.0.1:9/", "https://{host}/", "//example.org/"]
)
def test_redirect_to_another_host_or_port_is_not_followed(catalogue, elsewhere):
    host = catalogue.url.split("/")[2]
    catalogue.faults = [server.error(302, Location=elsewhere.format(host=host))]
    with pytest.raises(Unavailable, match="sends us to"):
        ask(catalogue)


def test_redirect_on_the_same_host_is_followed(catalogue):
    catalogue.faults = [server.error(301, Location="/dataset/3LR/match/nameusage?q=Xyzzy")]
    assert ask(catalogue)["type"] == "none"


def test_endless_redirect_ends(catalogue):
    catalogue.faults = [server.error(302, Location="/again")] * 40
    with pytest.raises(Unanswered):
        ask(catalogue)
    assert len(catalogue.asked) < 20


def test_server_is_told_who_asks_and_gets_no_cookie_back(catalogue):
    cookies = []
    catalogue.faults = [
        server.error(500, Set_Cookie="who=me"),
        lambda handler: cookies.append(handler.headers["Cookie"]) or handler.send(200, b"{}"),
    ]
    Session(catalogue.url, "Holotype (Museo Ñandú\r\nX: y; help@example.org)").get("/x")
    assert cookies == [None]
    assert set(catalogue.agents) == {"Holotype (Museo ?and???X: y; help@example.org)"}


def test_there_is_a_pause_between_two_questions(catalogue, naps, monkeypatch):
    monkeypatch.setattr(checklistbank, "PAUSE", 30)
    ask(catalogue)
    assert [25 < nap <= 30 for nap in naps] == [True]


def test_certificates_are_verified():
    opener = Session("https://example.org/dataset/3LR", "Holotype")._opener
    (https,) = [h for h in opener.handlers if type(h).__name__ == "HTTPSHandler"]
    context = https._context
    assert context is None or (
        context.check_hostname and context.verify_mode.name == "CERT_REQUIRED"
    )


def test_redirect_to_a_file_is_not_followed(catalogue):
    catalogue.faults = [server.error(302, Location="file:///etc/hostname")]
    with pytest.raises(Unanswered, match="302"):
        ask(catalogue)
