"""How well duplicates are told apart: generated sheets whose gathering is known, and real ones.

Every sheet is typed as its label reads, and what `occurrences.duplicates.find` answers is compared
with the truth. precision: the share of a tier's matches that are what the tier says; recall: the
share of such pairs that the tier holds. exact: sheets of one gathering; near: of one gathering, or
the same number with another letter; other_date: one collector and number, or one gathering; event:
one collector and day. found: pairs of one gathering in any tier. cluster: pairs that the job links.
Goal: exact_precision ≥ 0.99.

With FIELD_DATA, also `2-occurrence-csv/idigbio-vertnet-dedup`: birds that two aggregators hold,
typed from one list and looked for in the other. There institution and catalogue number are both the
truth and what tells a sheet held twice: the figures say that spelling and dates lose none.
"""

from __future__ import annotations

import csv
import os
import random
import time
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, combinations
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from biocollections.founding import add_user, found_collection
from biocollections.models import Collection
from darwincore.dates import parse_date
from journal import jobs
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import bulk, cluster_job, records
from occurrences.drafts import Draft
from occurrences.duplicates import find
from occurrences.likeness import CLOSE, number
from occurrences.models import ClusterMember, Occurrence

TYPED = ("recorded_by", "record_number", "event_date", "country")
ASKED = 3_000  # sheets that are typed, at most
STEMS = (
    "Gonz Mart Hern Rodr Lop Per Sanch Ram Tor Flor Riv Gom Cruz Mor Ort Guti Vargas Cast Rom Alv "
    "Smith Brown Mill Wilson Moor Tayl And Jacks Whit Harr Thomps Lew Walk Young King Wright Hill "
    "Müll Schmid Fisch Web Schneid Bau Krüg Hoffm Lindstr Nyg Holm Sørens Dub Moreau Lefèvr Girard"
).split()
ENDS = ("ález", "ínez", "er", "son", "ov", "ano", "el", "berg", "ard", "illo", "ö", "ini")
GIVEN = (
    "Luis María José Ana Carlos Elena Jorge Rosa John Mary Robert Anna Peter Helen Karl Ingrid "
    "Hans Eva Pierre Claire Miguel Teresa Raúl Silvia David Ruth Paul Laura Tomás Inés"
).split()
PARTICLES = ("", "", "", "", "", "", "", "", "de la ", "van der ", "von ")
COUNTRIES = ("Mexico", "United States", "Peru", "Kenya", "Norway")


@dataclass(frozen=True)
class Collector:
    """Somebody who collects: given names, surnames, country, and whether he starts anew yearly."""

    given: tuple[str, ...]
    surnames: tuple[str, ...]
    particle: str
    country: str
    yearly: bool
    prefix: str


@dataclass
class Sheet:
    """One record, and what is known of it: gathering, base number, collector, true day."""

    gathering: int
    family: int  # gatherings whose numbers differ by a letter alone
    collector: int
    day: date
    number: str
    values: dict[str, Any]
    guid: UUID | None = None


# --- what is generated ------------------------------------------------------------------------


def sheets(count: int, seed: int = 1, collectors: int = 0) -> Iterator[Sheet]:
    """Yield `count` sheets: a gathering has one to four, spelt and mistyped as they really are."""
    chance = random.Random(seed)
    people = [_somebody(chance) for _each in range(collectors or max(20, count // 400))]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(people))))
    state = [_Series(chance, person) for person in people]
    made = gathering = family = 0
    while made < count:
        who = bisect(weights, chance.random() * weights[-1])
        series = state[who]
        series.go_out()
        for _gathering in range(chance.randint(1, 9)):
            family += 1
            for text in series.numbers():
                gathering += 1
                for _sheet in range(chance.choices((1, 2, 3, 4), (60, 25, 10, 5))[0]):
                    if made >= count:
                        return
                    made += 1
                    values = _label(chance, people[who], text, series.day)
                    yield Sheet(gathering, family, who, series.day, text, values)


def _somebody(chance: random.Random) -> Collector:
    surnames = tuple(
        chance.choice(STEMS) + chance.choice(ENDS) for _each in range(chance.choice((1, 1, 1, 2)))
    )
    given = tuple(chance.sample(GIVEN, chance.choice((1, 1, 2))))
    prefix = "".join(name[0] for name in (*given, *surnames)) if chance.random() < 0.06 else ""
    return Collector(
        given,
        surnames,
        chance.choice(PARTICLES),
        chance.choice(COUNTRIES),
        chance.random() < 0.15,
        prefix,
    )


class _Series:
    """The numbers and days of one collector, as he goes on."""

    def __init__(self, chance: random.Random, person: Collector) -> None:
        self.chance, self.person = chance, person
        self.day = date(chance.randint(1890, 1990), 1, 1) + timedelta(days=chance.randrange(300))
        self.last = chance.randrange(900) if not person.yearly else 0

    def go_out(self) -> None:
        before = self.day.year
        self.day += timedelta(days=self.chance.choice((1, 1, 2, 5, 20, 60)))
        if self.day.year > 2020:
            self.day = date(self.chance.randint(1890, 1990), 5, 1)
        if self.person.yearly and self.day.year != before:
            self.last = 0

    def numbers(self) -> list[str]:
        """Return the next number, in a few cases with letters for its parts, or none."""
        self.last += 1
        text = f"{self.person.prefix}-{self.last}" if self.person.prefix else str(self.last)
        share = self.chance.random()
        if share < 0.03:
            return ["s.n."]
        return [f"{text}{letter}" for letter in ("", "a")] if share < 0.06 else [text]


def _label(chance: random.Random, who: Collector, text: str, day: date) -> dict[str, Any]:
    """Write the label of one sheet, with what goes wrong on the way into a database."""
    name, number_text, country = _spelling(chance, who), text, who.country
    wrong = chance.random()
    shown = day.isoformat()
    if wrong < 0.01 and day.day <= 12 and day.day != day.month:
        shown = date(day.year, day.day, day.month).isoformat()
    elif wrong < 0.015:
        shown = (day + timedelta(days=chance.choice((-1, 1, 10, 365)))).isoformat()
    elif wrong < 0.025:
        name = _mistyped(chance, name)
    elif wrong < 0.03:
        number_text = _digits_swapped(chance, text)
    elif wrong < 0.06:
        shown = ""
    elif wrong < 0.09:
        shown = chance.choice((f"{day:%Y-%m}", f"{day:%Y}"))
    elif wrong < 0.12:
        number_text = chance.choice((f"No. {text}", text.zfill(5), f" {text} "))
    if chance.random() < 0.3:
        country = ""
    return {
        "recorded_by": name,
        "record_number": number_text,
        "event_date": shown or None,
        "country": country or None,
    }


def _spelling(chance: random.Random, who: Collector) -> str:
    surname = who.particle + chance.choice((" ", "-")).join(who.surnames)
    if len(who.surnames) > 1 and chance.random() < 0.4:
        surname = who.particle + who.surnames[0]
    initials = ". ".join(name[0] for name in who.given) + "."
    if len(who.given) > 1 and chance.random() < 0.2:
        initials = f"{who.given[0][0]}."
    given = " ".join(who.given)
    name = chance.choices(
        (
            f"{given} {surname}",
            f"{initials} {surname}",
            f"{surname}, {initials}",
            f"{surname}, {given}",
            surname.upper() + " " + initials,
            surname,
        ),
        (25, 30, 25, 10, 5, 5),
    )[0]
    if chance.random() < 0.15:
        name += chance.choice((" & ", " and ", "; ", " y ")) + chance.choice(
            ("M. Ruiz", "Ruiz, M.", "T. Baker", "Lindqvist, E.")
        )
    if chance.random() < 0.1:
        name = "".join(_UNACCENTED.get(letter, letter) for letter in name)
    return name


_UNACCENTED = dict(zip("áéíóúüöøèÁÉ", "aeiouuooeAE", strict=True))


def _mistyped(chance: random.Random, name: str) -> str:
    at = chance.randrange(len(name))
    return name[:at] + chance.choice(("", "e", "n")) + name[at + 1 :]


def _digits_swapped(chance: random.Random, text: str) -> str:
    figures = [
        n for n, letter in enumerate(text[:-1]) if letter.isdigit() and text[n + 1].isdigit()
    ]
    if not figures:
        return text
    at = chance.choice(figures)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def store(made: Iterable[Sheet], collections: list[Collection], chance: random.Random) -> int:
    """Copy sheets into the collections in turn, as their imports would; each gets its GUID."""
    columns = (
        "guid collection_id recorded_by record_number event_date event_date_start event_date_end "
        "event_date_precision year country occurrence_id catalog_number scientific_name locality"
    ).split()
    own = {"guid", "collection", "id"}
    defaults = {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in Occurrence._meta.concrete_fields
        if not field.null and not field.generated and field.name not in own
    }
    stored, rows = 0, []
    for sheet in made:
        sheet.guid = new_guid()
        period = parse_date(sheet.values["event_date"] or "").period
        stored += 1
        rows.append(
            {
                **defaults,
                "guid": sheet.guid,
                "collection_id": chance.choice(collections).pk,
                **sheet.values,
                "event_date_start": period.start if period else None,
                "event_date_end": period.end if period else None,
                "event_date_precision": period.precision if period else None,
                "year": period.start.year if period else None,
                "catalog_number": f"B-{stored:07}",
                "scientific_name": f"Quercus {STEMS[sheet.gathering % len(STEMS)].lower()}",
                "locality": f"{sheet.family % 90} km from {STEMS[sheet.collector % len(STEMS)]}",
            }
        )
        if len(rows) >= 20_000:
            bulk.insert(Occurrence._meta.db_table, [*columns, *defaults], rows)
            rows.clear()
    bulk.insert(Occurrence._meta.db_table, [*columns, *defaults], rows)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {Occurrence._meta.db_table}")
    return stored


def ground(number_of_collections: int = 12) -> tuple[Any, list[Collection]]:
    """Make a portal administrator who sees all, and collections."""
    user = add_user("bench", email="bench@example.org", password="benchmark")
    made = [
        found_collection(f"B{n}", name=f"Bench {n}", administrator=user, reason="benchmark")
        for n in range(number_of_collections)
    ]
    return user, made


# --- what is measured -------------------------------------------------------------------------


def run(rows: int) -> dict[str, Any]:
    """Generate `rows` sheets, type some of them, link all of them, and judge by the truth."""
    user, collections = ground()
    made = list(sheets(rows))
    store(made, collections, random.Random(2))
    figures, seconds = _judge(made, user, collections[0])
    figures |= _clusters(made, user)
    if folder := os.environ.get("FIELD_DATA"):
        figures |= _field(Path(folder), user)
    limit = _bare(rows)
    return {"seconds": seconds, "limit_seconds": limit, "ratio": seconds / limit, **figures}


def _bare(rows: int) -> float:
    """Return the seconds that as many look-ups by primary key take."""
    keys = list(Occurrence.objects.order_by("pk").values_list("pk", flat=True)[:ASKED])
    started = time.perf_counter()
    for key in keys:
        Occurrence.objects.values_list("recorded_by").get(pk=key)
    return time.perf_counter() - started


def _judge(made: list[Sheet], user: Any, collection: Collection) -> tuple[dict[str, Any], float]:
    by_guid = {sheet.guid: sheet for sheet in made}
    truth = _truth(made)
    asked = random.Random(3).sample(made, min(ASKED, len(made)))
    right: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    seconds = 0.0
    for sheet in asked:
        typed = {column: sheet.values[column] or "" for column in TYPED}
        started = time.perf_counter()
        matches = find(user, collection, typed, exclude=sheet.guid, limit=200)
        seconds += time.perf_counter() - started
        found = {match.occurrence.guid: match.tier for match in matches}
        for guid, tier in found.items():
            answered[tier] += 1
            right[tier] += _is_right(tier, sheet, by_guid[guid])
        for tier, guids in truth(sheet).items():
            wanted[tier] += len(guids)
            held = guids & found.keys()
            hit[tier] += sum(tier in (found[guid], "found") for guid in held)
    figures: dict[str, Any] = {"typed": len(asked)}
    for tier in ("exact", "near", "other date", "event", "found"):
        name = tier.replace(" ", "_")
        if answered[tier]:
            figures[f"{name}_precision"] = right[tier] / answered[tier]
            figures[f"{name}_answers"] = answered[tier]
        figures[f"{name}_recall"] = hit[tier] / max(1, wanted[tier])
        figures[f"{name}_pairs"] = wanted[tier]
    return figures, seconds


def _is_right(tier: str, one: Sheet, other: Sheet) -> bool:
    if one.gathering == other.gathering:
        return True
    if one.collector != other.collector:
        return False
    if tier == "near":
        return one.family == other.family
    if tier == "other date":
        return one.number == other.number
    return tier == "event" and one.day == other.day


def _truth(made: list[Sheet]) -> Any:
    """Return a function that tells which sheets a sheet's tiers should hold."""
    gatherings: dict[int, list[Sheet]] = defaultdict(list)
    families: dict[int, list[Sheet]] = defaultdict(list)
    numbers: dict[tuple[int, str], list[Sheet]] = defaultdict(list)
    days: dict[tuple[int, date], list[Sheet]] = defaultdict(list)
    for sheet in made:
        families[sheet.family].append(sheet)
        gatherings[sheet.gathering].append(sheet)
        days[sheet.collector, sheet.day].append(sheet)
        numbers[sheet.collector, sheet.number].append(sheet)

    def truth(sheet: Sheet) -> dict[str, set[UUID | None]]:
        same = {s.guid for s in gatherings[sheet.gathering]} - {sheet.guid}
        mine = number(sheet.number)
        if mine is None:
            same_number: set[UUID | None] = set()
        else:
            same_number = {s.guid for s in numbers[sheet.collector, sheet.number]}
        close = {
            s.guid
            for s in days[sheet.collector, sheet.day]
            if s.gathering != sheet.gathering and s.family != sheet.family and _close(mine, s)
        }
        return {
            "found": same,
            "exact": same if mine else set(),
            "near": {s.guid for s in families[sheet.family]} - same - {sheet.guid},
            "other date": same_number - same - {sheet.guid},
            "event": close,
        }

    return truth


def _close(mine: Any, sheet: Sheet) -> bool:
    theirs = number(sheet.number)
    return not (mine and theirs) or abs(mine.digits - theirs.digits) <= CLOSE


def _clusters(made: list[Sheet], user: Any) -> dict[str, Any]:
    """Link everything, and judge the pairs that stand in one cluster."""
    job = jobs.run_here(cluster_job.KIND, cluster_job.PORTAL, portal_admin(user))
    assert job.state == "done", job.error
    by_guid = {sheet.guid: sheet for sheet in made}
    clusters: dict[int, list[Sheet]] = defaultdict(list)
    for cluster, guid in ClusterMember.objects.values_list("cluster_id", "occurrence__guid"):
        clusters[cluster].append(by_guid[guid])
    linked = right = 0
    for members in clusters.values():
        for one, other in combinations(members, 2):
            linked += 1
            right += one.gathering == other.gathering
    sizes = Counter(sheet.gathering for sheet in made if number(sheet.number))
    pairs = sum(size * (size - 1) // 2 for size in sizes.values())
    return {
        "cluster_precision": right / max(1, linked),
        "cluster_recall": right / max(1, pairs),
        "clusters": len(clusters),
    }


# --- real records -----------------------------------------------------------------------------


def _field(folder: Path, user: Any) -> dict[str, Any]:
    """Type what one aggregator holds of some birds, and look for it in what another holds.

    Truth: institution and catalogue number, as the two lists join them. within: exact answers
    among the first list's own records, and how many of them are of one species and no other day.
    """
    path = folder / "2-occurrence-csv" / "idigbio-vertnet-dedup"
    held = [_bird(row) for row in _rows(path / "dup1_combined.csv") if row["source"] == "vertnet"]
    typed = [_bird(row) for row in _rows(path / "dup1_idigbio.csv")]
    into = [
        found_collection(code, name=code, administrator=user, reason="benchmark")
        for code in ("IDIGBIO", "VERTNET")
    ]
    for collection, birds in zip(into, (typed, held), strict=True):
        _store_birds(birds, collection)
    known = defaultdict(set)
    for bird in held:
        known[_label_of(bird)].add(bird["guid"])
    counts: Counter[str] = Counter()
    for bird in typed:
        texts = {column: str(bird[column] or "") for column in (*_BIRD, "country")}
        expected = known[_label_of(bird)]
        counts["pairs"] += len(expected)
        for match in find(user, into[0], texts, exclude=bird["guid"], limit=200):
            inside = "within" if match.same_collection else "across"
            counts[f"{inside} {match.tier}"] += 1
            if inside == "across":
                counts[f"right {match.tier}"] += match.occurrence.guid in expected
            elif match.tier == "exact":
                days = match.values["event_date"], bird["event_date"]
                counts["within right"] += len({each for each in days if each}) < 2
    return {
        "birds_typed": len(typed),
        "birds_pairs": counts["pairs"],
        "birds_exact_answers": counts["across exact"],
        "birds_exact_precision": counts["right exact"] / max(1, counts["across exact"]),
        "birds_exact_recall": counts["right exact"] / max(1, counts["pairs"]),
        "birds_within_exact_answers": counts["within exact"],
        "birds_within_exact_of_one_day": counts["within right"],
    }


_BIRD = (
    "institution_code collection_code catalog_number recorded_by record_number event_date "
    "scientific_name occurrence_id"
).split()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _bird(row: dict[str, str]) -> dict[str, Any]:
    said = {name: "" if text == "NA" else text for name, text in row.items()}
    collector = said.get("collector", "").removeprefix("collector(s): ")
    return {
        "guid": new_guid(),
        "institution_code": said["institutioncode"],
        "collection_code": said["collectioncode"],
        "catalog_number": said["catalognumber"],
        "recorded_by": collector,
        "record_number": said.get("recordnumber", ""),
        "event_date": said["eventdate"],
        "scientific_name": said["name"],
        "occurrence_id": said.get("occurrenceid", ""),
        "country": said.get("country", ""),
    }


def _label_of(bird: dict[str, Any]) -> tuple[str, str]:
    return bird["institution_code"].lower(), bird["catalog_number"].lower()


def _store_birds(birds: list[dict[str, Any]], collection: Collection) -> None:
    drafts = []
    for bird in birds:
        period = parse_date(bird["event_date"]).period
        values = {column: text or None for column, text in bird.items() if column != "guid"}
        values |= {
            "event_date": bird["event_date"] or None,
            "event_date_start": period.start if period else None,
            "event_date_end": period.end if period else None,
            "year": period.start.year if period else None,
        }
        drafts.append(Draft(bird["guid"], collection.pk, values))
    change_set = ChangeSet.objects.create(kind="import", collection_id=collection.pk)
    columns = [*_BIRD, "country", "event_date_start", "event_date_end", "year"]
    records.write(change_set, columns, drafts)


def portal_admin(user: Any) -> Any:
    """Give the person the portal, once."""
    from biocollections import granting
    from biocollections.models import Role

    if not user.has_perm("portal.change_settings"):
        granting.grant(user, Role.PORTAL_ADMIN, reason="benchmark")
    return user
