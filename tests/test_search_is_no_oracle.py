"""No question tells where a protected record is from: answers are as if it had no place.

Each test names the acceptance case it stands for; docs/security.md has the list.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection
from darwincore import terms
from occurrences import search
from occurrences.models import Occurrence, Protection
from occurrences.protection import Decision
from occurrences.ruling import Ruling
from occurrences.search import SearchCriteria
from tests import canary, make
from tests.canary import Canaries

POINT = (Decimal("31.987654"), Decimal("-109.123456"))


@pytest.fixture(autouse=True)
def others(herbarium: Collection) -> None:
    """Records around the protected one, so that it is no more than one of several."""
    rows = [
        {"scientific_name": f"Cereus {name}", "event_date": day, "year": 1907, "country": "Mexico"}
        for name, day in (("a", "1907-04-29"), ("b", "1907-11-02"))
    ]
    make.occurrences(herbarium, rows)


def summary(user: Any, **criteria: str) -> search.Summary:
    """Return what a search tells besides its records: counts, facets and all."""
    found = search.apply(Occurrence.objects.visible_to(user), SearchCriteria(**criteria))
    return search.summarize(found)


QUESTIONS: tuple[dict[str, str], ...] = (
    {"q": canary.WORD},
    {"q": f"Cereus {canary.WORD}"},
    {"q": canary.NUMBER},
    {"locality": canary.WORD},
    {"locality": "falls"},
    {"number": f"{canary.WORD} recordNumber"},
    {"number": "1-99999999"},
    {"date": canary.DAY},
    {"date": "1907-03"},
    {"date": "1907-03-01/1907-04-01"},
    {"date": "1906-12-31/1907-12-30"},
)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_counts_and_facets_are_those_without_it(
    herbarium: Collection, visitor: Any, portal_admin: Any, question: dict[str, str]
) -> None:
    """AC-R2, AC-R5: as many, of the same decades and places, whether the record is there or not."""
    for user in (visitor, portal_admin):
        before = summary(user, **question)
        planted = canary.plant(herbarium)
        assert summary(user, **question) == before
        assert planted.place.pk in set(
            Occurrence.objects.visible_to(user).values_list("pk", flat=True)
        )


def test_a_search_that_finds_nothing_asks_the_database_as_much(
    canaries: Canaries, visitor: Any, django_assert_num_queries: Any
) -> None:
    """AC-R2, timing: withheld words are looked for by the same queries as nonsense."""
    counted = []
    for words in (canary.WORD, "wuffelgrumpf"):
        with django_assert_num_queries(1) as queries:
            summary(visitor, locality=words)
        counted.append(re.sub(r"'\d{4}-\d\d-\d\d [^']*'|" + words, "", queries[0]["sql"]))
    assert counted[0] == counted[1]


def test_two_questions_subtract_to_nothing(canaries: Canaries, visitor: Any) -> None:
    """AC-R5: months don't add up to the year, whose records without a day are in none of them."""
    year = summary(visitor, date="1907").total
    months = [summary(visitor, date=f"1907-{month:02}").total for month in range(1, 13)]
    assert (year, sum(months)) == (3, 2)


LEVELS = [Protection.PLACE, Protection.CELL]


@pytest.fixture(params=LEVELS, ids=[level.name for level in LEVELS])
def secret(
    request: pytest.FixtureRequest, herbarium: Collection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Occurrence]:
    """A record whose point is hidden, or reduced to its cell."""
    with monkeypatch.context() as patch:
        decision = Decision(request.param)
        patch.setattr(Ruling, "decide", lambda *_asked: decision)
        latitude, longitude = POINT
        point = {"decimal_latitude": latitude, "decimal_longitude": longitude}
        made = make.occurrence(herbarium, **point)
        assert made.protection == request.param
        yield made


def test_a_thousand_boxes_find_no_more_than_the_cell(secret: Occurrence, visitor: Any) -> None:
    """AC-R3: hit or miss depends on the public corner of the cell alone."""
    chance = random.Random(7)
    boxes = [_box(chance) for _each in range(1000)]
    visible = Occurrence.objects.visible_to(visitor).filter(pk=secret.pk)
    statement, parameters = (
        visible.order_by().values("decimal_latitude", "decimal_longitude").query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({statement}) AS seen JOIN unnest(%s::numeric[], %s::numeric[],"
            " %s::numeric[], %s::numeric[]) AS box (south, north, west, east) "
            "ON seen.decimal_latitude BETWEEN south AND north "
            "AND seen.decimal_longitude BETWEEN west AND east",
            [*parameters, *map(list, zip(*boxes, strict=True))],
        )
        hits = cursor.fetchone()[0]
    corner = (Decimal("31.9"), Decimal("-109.2"))
    around = [s <= corner[0] <= n and w <= corner[1] <= e for s, n, w, e in boxes]
    assert any(around) and not all(around)
    assert hits == (sum(around) if secret.protection == Protection.CELL else 0)


def _box(chance: random.Random) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return a box around the true point: south, north, west, east."""
    wide, high = (Decimal(str(round(10 ** chance.uniform(-6, 0), 6))) for _side in range(2))
    latitude, longitude = POINT
    return latitude - high, latitude + high, longitude - wide, longitude + wide


@pytest.mark.parametrize("sort", ["date", "-date", "number", "locality", "-locality", "latitude"])
def test_order_is_that_of_public_values(
    canaries: Canaries, sort: str, client: Client, administrator: Any
) -> None:
    """AC-R4: also for those who may read the place, the order is everybody's."""
    query = {"taxon": "Cereus", "view": "table", "sort": sort}
    address = reverse("occurrences:search")
    guids = list(map(str, Occurrence.objects.values_list("guid", flat=True)))

    def order() -> list[str]:
        page = client.get(address, query).content.decode()
        return sorted((guid for guid in guids if guid in page), key=page.index)

    everybody = order()
    client.force_login(administrator)
    whole = str(canaries.whole.guid)
    assert [guid for guid in order() if guid != whole] == everybody
    assert str(canaries.place.guid) in everybody


def test_nothing_is_suggested_that_only_a_record_says(canaries: Canaries, client: Client) -> None:
    """AC-R6: places are suggested from the gazetteer, never from records."""
    address = reverse("collections:places_suggest")
    for kind in ("country", "state_province", "county"):
        for text in (canary.WORD, canary.WHOLE):
            query = {"kind": kind, kind: text[:8]}
            assert client.get(address, query).content.decode().strip() == ""


def test_neighbours_tell_nothing(herbarium: Collection, visitor: Any) -> None:
    """AC-R15: of a protected record neither day nor number stays to compare with others."""
    series = [
        {"recorded_by": "L. Gómez", "record_number": str(number), "event_date": "1932-07-14"}
        for number in (2206, 2207, 2208)
    ]
    series[1]["record_security"] = 1  # type: ignore[assignment]
    hidden = make.occurrences(herbarium, series)[1]
    seen = Occurrence.objects.visible_to(visitor).get(pk=hidden.pk)
    assert (seen.recorded_by, seen.year) == ("L. Gómez", 1932)  # type: ignore[attr-defined]
    for column in ("record_number", "event_date", "month", "day", "start_day_of_year"):
        assert getattr(seen, column) is None, column
    assert seen.event_date_start is None and seen.disclosed == {}


def test_it_is_said_that_something_is_withheld(canaries: Canaries, visitor: Any) -> None:
    """AC-R1: informationWithheld is set, and names what is hidden."""
    seen = Occurrence.objects.visible_to(visitor).get(pk=canaries.place.pk)
    told = str(seen.information_withheld)  # type: ignore[attr-defined]
    assert {"locality", "decimalLatitude", "eventDate"} <= set(told.replace(",", " ").split())


def test_who_edits_elsewhere_changes_nothing_here(
    canaries: Canaries, other_administrator: Any, client: Client
) -> None:
    """AC-A2: posts about another collection's record are refused, and it stays as it was."""
    client.force_login(other_administrator)
    before = Occurrence.objects.filter(pk=canaries.place.pk).values().get()
    for door in ("edit", "delete"):
        address = reverse(f"occurrences:{door}", args=[canaries.place.guid])
        form = {"version": str(before["version"]), "country": "Canada", "initial-country": "x"}
        assert client.post(address, form).status_code == 403
        address = reverse(f"occurrences:{door}", args=[canaries.whole.guid])
        assert client.post(address, form).status_code == 404
    assert Occurrence.objects.filter(pk=canaries.place.pk).values().get() == before


def test_a_form_takes_no_more_than_its_fields(
    herbarium: Collection, other_herbarium: Collection, editor: Any, client: Client
) -> None:
    """AC-A4: collection, key and writer of a record can't be slipped in."""
    record = make.occurrence(herbarium, habitat="oak woodland")
    client.force_login(editor)
    fixed = ("collection_id", "guid", "protection", "created_by_id", "entered_by_id")
    columns = [name for name in fixed if hasattr(record, name)]
    before = Occurrence.objects.filter(pk=record.pk).values(*columns).get()
    slipped = dict.fromkeys(columns, "99") | {"collection": str(other_herbarium.guid)}
    form = {"version": "1", "habitat": "pine", "initial-habitat": "oak woodland", **slipped}
    answer = client.post(reverse("occurrences:edit", args=[record.guid]), form)
    assert answer.status_code == 302
    after = Occurrence.objects.filter(pk=record.pk).values(*columns, "habitat").get()
    assert after == {**before, "habitat": "pine"}


def test_every_hidden_term_is_named_by_its_table() -> None:
    """The questions above ask about terms that are withheld at all."""
    asked = {"locality", "record_number", "event_date", "decimal_latitude"}
    assert asked <= set(terms.WITHHELD_COLUMNS)
