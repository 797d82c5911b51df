"""How fast names are matched against `rows` usages: exactly, misspelt, and a collection anew.

exact_per_second: parsed distinct names, half of them with an author, through `Matcher.answer`;
the limit is a bare hash join of the same keys with the usages, counted in the same run. Goals:
exact_per_second ≥ 50,000, fuzzy_per_second ≥ 500 on one core (no parallel plans), rematch_seconds
≤ 60 for a collection of as many records as usages with 3 names to 100 of them.
"""

import gc
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection

from bench.name_quality import misspelt
from biocollections.founding import add_user, found_collection
from journal.models import ChangeSet
from occurrences.models import Occurrence
from taxonomy import generator, matching
from taxonomy.matching import Asked, Matcher
from taxonomy.models import Checklist, Name, Usage
from taxonomy.spelling import authorship_key, canonical_key, variant_key

EXACT, FUZZY = 100_000, 5_000  # names asked for, at most
ABSENT = 0.05  # of the exactly matched, names that are nowhere


def run(rows: int) -> dict[str, Any]:
    """Make the usages and measure."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    seconds = _timed(lambda: _load(rows))
    exact = _exact()
    return {**exact, **_fuzzy(), **_rematch(rows), "load_seconds": seconds}


def _timed(function: Callable[[], Any]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _load(rows: int) -> None:
    """Copy generated names into a checklist in use, as loading its file would."""
    checklist = Checklist.objects.create(source="Bench", state=Checklist.State.CURRENT)
    columns = (
        "checklist_id, source_id, parent_source_id, accepted_source_id, scientific_name, "
        "authorship, rank, status, kingdom, family, canonical_key, variant_key, authorship_key, "
        "nomenclatural_status, remarks, link"
    )
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY taxonomy_usage ({columns}) FROM STDIN") as copy:
            for row in generator.usages(rows):
                key = canonical_key(row["scientificName"])
                synonym = row["status"] != "accepted"
                copy.write_row(
                    (
                        checklist.pk,
                        row["ID"],
                        "" if synonym else row["parentID"],
                        row["parentID"] if synonym else "",
                        row["scientificName"],
                        row["authorship"],
                        row["rank"],
                        row["status"],
                        "Plantae",
                        "",
                        key,
                        variant_key(key),
                        authorship_key(row["authorship"]),
                        "",
                        "",
                        "",
                    )
                )
        cursor.execute("VACUUM ANALYZE taxonomy_usage")


# -- What is measured ------------------------------------------------------------------------------


def _sample(most: int, seed: int) -> list[tuple[str, str]]:
    """Return distinct names of two words and more with authors, the same ones in every run."""
    rows = Usage.objects.filter(canonical_key__contains=" ")
    rows = rows.order_by("canonical_key", "pk").distinct("canonical_key")
    names = list(rows.values_list("scientific_name", "authorship"))
    chance = random.Random(seed)
    return chance.sample(names, min(most, len(names)))


def _exact() -> dict[str, Any]:
    names = _sample(EXACT, 1)
    asked = [
        Asked(n, name + ("qq" if n < ABSENT * len(names) else ""), author if n % 2 else "")
        for n, (name, author) in enumerate(names)
    ]
    matcher = Matcher(None, "", fuzzy=False)
    questions: list[Any] = []
    parsing = _timed(lambda: questions.extend(map(matcher.question, asked)))
    states: Counter[str] = Counter()
    gc.collect()
    gc.freeze()  # the questions are the benchmark's, not to be looked through again and again

    def answer() -> None:
        for start in range(0, len(questions), matching.BATCH):
            found = matcher.answer(questions[start : start + matching.BATCH])
            states.update(one.state for one in found)

    seconds = _timed(answer)
    limit = _hash_join([question.key for question in questions])
    return {
        "seconds": seconds,
        "limit_seconds": limit,
        "ratio": seconds / limit,
        "names": len(names),
        "exact_per_second": round(len(names) / seconds),
        "exact_with_parsing_per_second": round(len(names) / (seconds + parsing)),
        **{f"exact_{state.replace(' ', '_')}": number for state, number in sorted(states.items())},
    }


def _hash_join(keys: list[str]) -> float:
    """Return the seconds PostgreSQL needs to copy the keys in and join them, and nothing else."""
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE asked (key text)")
        with cursor.copy("COPY asked FROM STDIN") as copy:
            for key in keys:
                copy.write_row((key,))
        cursor.execute("ANALYZE asked")
        cursor.execute("SET enable_nestloop = off; SET enable_mergejoin = off")
        cursor.execute(
            "SELECT count(*), max(k.id) FROM asked JOIN taxonomy_usage k ON k.canonical_key = key"
        )
        cursor.execute("RESET enable_nestloop; RESET enable_mergejoin")
    return time.perf_counter() - started


def _fuzzy() -> dict[str, Any]:
    """Ask for misspelt names: one and two edits, wherever they fall."""
    known = set(Usage.objects.values_list("canonical_key", flat=True))
    chance = random.Random(2)
    meant = {}
    for name, _author in _sample(FUZZY, 3):
        wrong = misspelt(name, chance, edits=chance.choice((1, 2)))
        if canonical_key(wrong) not in known:
            meant[wrong] = name
    found: list[matching.Match] = []
    matcher = Matcher(None, "", fuzzy=True)
    seconds = _timed(lambda: found.extend(matcher.match(Asked(wrong, wrong) for wrong in meant)))
    right = sum(
        any(one["name"] == meant[str(match.key)] for one in match.candidates[:3]) for match in found
    )
    return {
        "fuzzy_per_second": round(len(meant) / seconds),
        "fuzzy_names": len(meant),
        "fuzzy_right_of_first_three": right / len(meant),
        "fuzzy_linked_wrongly": sum(
            bool(match.chosen and match.chosen["name"] != meant[str(match.key)]) for match in found
        ),
    }


def _rematch(rows: int) -> dict[str, Any]:
    """Link the names of a collection, and again with all of them linked already."""
    user = add_user("bench", email="bench@example.org", password="benchmark")
    collection = found_collection("BENCH", name="Bench", administrator=user, reason="benchmark")
    names = _sample(max(rows * 3 // 100, 1), 4)
    Name.objects.bulk_create(Name(scientific_name=name) for name, _author in names)
    _records(collection.pk, rows)
    figures = {}
    for run in ("link", "rematch"):
        changes = ChangeSet.objects.create(kind=ChangeSet.Kind.CLEANING, user=user)
        started = time.perf_counter()
        counts = matching.link(Name.objects.all(), changes)
        records = _outcomes(collection.pk)
        figures[f"{run}_seconds"] = time.perf_counter() - started
        figures[f"{run}_changed"] = counts["changed"]
    return {**figures, "rematch_names": len(names), "rematch_records": records}


def _records(collection: int, rows: int) -> None:
    """Give the collection records that say nothing but a name each, the names in turn."""
    own = ("id", "guid", "collection", "name")
    defaults = {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in Occurrence._meta.concrete_fields
        if not field.null and not field.generated and field.name not in own
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Occurrence._meta.db_table} "
            f"(guid, collection_id, name_id, {', '.join(defaults)}) "
            f"SELECT portal_guid(), %s, names.ids[1 + n %% array_length(names.ids, 1)], "
            f"{', '.join(['%s'] * len(defaults))} "
            "FROM (SELECT array_agg(id) AS ids FROM taxonomy_name) AS names, "
            "generate_series(1, %s) AS n",
            [collection, *defaults.values(), rows],
        )
        cursor.execute(f"VACUUM ANALYZE {Occurrence._meta.db_table}")


def _outcomes(collection: int) -> dict[str, int]:
    """Return how many records stand in each state."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT n.state, sum(o.records)::int FROM (SELECT name_id, count(*) AS records "
            f"FROM {Occurrence._meta.db_table} WHERE collection_id = %s GROUP BY 1) AS o "
            "JOIN taxonomy_name n ON n.id = o.name_id GROUP BY 1 ORDER BY 1",
            [collection],
        )
        return dict(cursor.fetchall())
