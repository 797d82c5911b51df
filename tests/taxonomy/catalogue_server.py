"""A ChecklistBank server of our own on this machine: it keeps the contract, and breaks on demand.

`LIFE` is what it knows. `faults` holds what goes wrong with the next questions, one each: a
function that takes the handler and answers in its place, or None where nothing goes wrong.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# id | name | author | rank | status | parent, or the accepted name of a synonym
LIFE = """
EU | Eukaryota | | domain | accepted |
AN | Animalia | | kingdom | accepted | EU
PL | Plantae | | kingdom | accepted | EU
CH | Chordata | | phylum | accepted | AN
FE | Felidae | Fischer, 1817 | family | accepted | CH
PU | Puma | Jardine, 1834 | genus | accepted | FE
P1 | Puma concolor | (Linnaeus, 1771) | species | accepted | PU
S1 | Felis concolor | Linnaeus, 1771 | species | synonym | P1
MU | Muscicapidae | Fleming, 1822 | family | accepted | CH
OB | Oenanthe | Vieillot, 1816 | genus | accepted | MU
AP | Apiaceae | Lindl. | family | accepted | PL
OP | Oenanthe | L. | genus | accepted | AP
FA | Fagaceae | Dumort. | family | accepted | PL
QU | Quercus | L. | genus | accepted | FA
Q1 | Quercus robur | L. | species | accepted | QU
Q2 | Quercus pedunculata | Hoffm. | species | synonym | Q1
Q3 | Quercus alba | L. | species | provisionally accepted | QU
Q4 | Quercus minor | (Marshall) Sarg. | species | ambiguous synonym | Q3
Q5 | Quercus nuda | | species | bare name |
"""
UNSUPPORTED = ("virus", "unidentified")


@dataclass
class Entry:
    id: str
    name: str
    authorship: str
    rank: str
    status: str
    parent: str

    @property
    def label(self) -> str:
        return f"{self.name} {self.authorship}".strip()


@dataclass
class Catalogue:
    """What the server knows, what goes wrong, and what it was asked: [(path, parameters)]."""

    entries: dict[str, Entry]
    faults: list[Callable[[Any], None] | None] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    release: str = "2026-10-06"
    url: str = ""
    knows_nothing: bool = False
    short_alternatives: bool = False  # alternatives come without their classification
    paused: float = 0.0

    def names(self) -> list[str]:
        """The names it was asked to match, but for those that ask whether it is in order."""
        return [p.get("scientificName", "") for path, p in self.matches() if "id" not in p]

    def checks(self) -> int:
        return len([p for path, p in self.matches() if "id" in p])

    def matches(self) -> list[tuple[str, dict[str, str]]]:
        return [each for each in self.asked if each[0].endswith("/match/nameusage")]

    def answer(self, path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        """The status and body for a question."""
        place = path.removeprefix("/dataset/3LR")
        if place == ".json" and self.release:
            return 200, {"key": 9999, "alias": "COL26.10", "version": self.release}
        if place == "/match/nameusage":
            return self._match(parameters)
        kind = place.split("/")
        if kind[1:2] == ["taxon"] and kind[2] in self.entries:
            return 200, self._synonyms(kind[2]) if kind[3] == "synonyms" else _vernaculars(kind[2])
        return 404, {"code": 404, "message": "There is nothing here"}

    def _match(self, p: dict[str, str]) -> tuple[int, Any]:
        name = p.get("scientificName") or p.get("name") or p.get("q") or ""
        if not name.strip():
            return 400, {"code": 400, "message": "Missing name"}
        asked = {"name": name, "status": "accepted", "label": name, "labelHtml": name}
        found = {"original": asked | ({"id": p["id"]} if "id" in p else {}), "issues": {}}
        if p.get("rank") and p["rank"] not in {e.rank for e in self.entries.values()}:
            found["issues"] = {"issues": ["rank invalid"]}
        if self.knows_nothing:
            return 200, {"type": "none", "match": False} | found
        kind, entries = self._find(name, p)
        found["type"], found["match"] = kind, bool(entries)
        if entries:
            found["usage"], found["id"] = self._usage(entries[0]), entries[0].id
        if kind == "ambiguous" and p.get("verbose") == "true":
            found["alternatives"] = [
                self._usage(e, short=self.short_alternatives) for e in entries[1:]
            ]
        return 200, found

    def _find(self, name: str, p: dict[str, str]) -> tuple[str, list[Entry]]:
        if any(word in name for word in UNSUPPORTED):
            return "unsupported", []
        label = f"{name} {p.get('authorship', '')}".strip()
        known = [e for e in self.entries.values() if self._within(e, p)]
        exact = [e for e in known if e.label == label]
        same = [e for e in known if e.name == name or e.label == name]
        if len(exact) == 1 and (exact[0].authorship or len(same) == 1):
            return "exact", exact
        if len(same) > 1:
            return "ambiguous", same
        if same:
            other = p.get("authorship", "")
            spelt_otherwise = not other or other.replace("L.", "Linnaeus") == same[0].authorship
            return ("variant" if spelt_otherwise else "canonical"), same
        above = [e for e in known if e.rank == "genus" and e.name == name.split()[0]]
        return ("higherrank", above) if above else ("none", [])

    def _within(self, entry: Entry, p: dict[str, str]) -> bool:
        names = {e.rank: e.name for e in [entry, *self._above(entry)]}
        return all(names.get(r, p[r]) == p[r] for r in ("kingdom", "family") if r in p)

    def _above(self, entry: Entry) -> list[Entry]:
        above = []
        while entry.parent:
            entry = self.entries[entry.parent]
            above.append(entry)
        return above

    def _usage(self, entry: Entry, short: bool = False) -> dict[str, Any]:
        """An entry as sent: what is blank is left out; the lowest rank comes first."""
        sent = {
            "id": entry.id,
            "name": entry.name,
            "authorship": entry.authorship,
            "rank": entry.rank,
            "status": entry.status,
            "label": entry.label,
            "labelHtml": f"<i>{entry.label}</i>",
            "parentId": entry.parent,
        }
        if not short:
            sent["classification"] = [self._usage(e, short=True) for e in self._above(entry)]
        return {key: value for key, value in sent.items() if value}

    def _synonyms(self, accepted: str) -> dict[str, Any]:
        found = [
            {
                "id": e.id,
                "name": {"scientificName": e.name, "authorship": e.authorship, "rank": e.rank},
                "status": e.status,
                "label": e.label,
            }
            for e in self.entries.values()
            if e.parent == accepted and "synonym" in e.status
        ]
        return {"heterotypic": found, "heterotypicGroups": [found], "misapplied": []}


def _vernaculars(accepted: str) -> list[dict[str, str]]:
    return [{"name": "Cougar", "language": "eng"}, {"name": "Puma"}] if accepted == "P1" else []


# -- What can go wrong -----------------------------------------------------------------------------


def error(code: int, **headers: str) -> Callable[[Any], None]:
    """An error as the server tells it, in JSON."""
    message = "There was an error processing your request. It has been logged (ID 1)."
    body = json.dumps({"code": code, "message": message}).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda handler: handler.send(code, body, named)


def body(content: bytes) -> Callable[[Any], None]:
    return lambda handler: handler.send(200, content)


def cut(handler: Any) -> None:
    """Promise more than comes."""
    handler.send(200, b'{"type": "none"', {"Content-Length": "5000"})


def dropped(handler: Any) -> None:
    handler.close_connection = True


def slow(seconds: float) -> Callable[[Any], None]:
    return lambda handler: time.sleep(seconds)


class _Handler(BaseHTTPRequestHandler):
    catalogue: Catalogue

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        parameters = dict(parse_qsl(parts.query))
        self.catalogue.asked.append((parts.path, parameters))
        self.catalogue.agents.append(self.headers["User-Agent"])
        fault = self.catalogue.faults.pop(0) if self.catalogue.faults else None
        if fault:
            return fault(self)
        status, answer = self.catalogue.answer(parts.path, parameters)
        self.send(status, json.dumps(answer).encode())

    def send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        own = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for key, value in (own | (headers or {})).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(catalogue: Catalogue | None = None) -> Iterator[Catalogue]:
    """Serve a catalogue, `LIFE` unless another is given, while the block runs."""
    catalogue = catalogue or Catalogue(entries())
    handler = type("Handler", (_Handler,), {"catalogue": catalogue})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    catalogue.url = f"http://127.0.0.1:{server.server_port}/dataset/3LR"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield catalogue
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def entries(table: str = LIFE) -> dict[str, Entry]:
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return {row[0]: Entry(*row) for row in rows}
