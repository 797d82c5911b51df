"""What one save costs a person who waits for it: the editor's form, posted over many records.

Every record has a name, a thesaurus knows some of them, and a rule protects one genus; so each save
reads the texts, takes the locks, splits off what is withheld, keeps the determination and the name,
and writes the history. Four kinds: a locality corrected, a name changed, a record put under
security or out of it, a new record.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import editing, protecting
from occurrences.forms import term_columns
from occurrences.models import Occurrence, ProtectionList
from taxonomy import demo as thesaurus
from taxonomy.models import Taxon

EACH = 100  # saves of each kind
SPECIES = (
    ("Fagaceae", "Quercus emoryi", "Torr."),
    ("Fagaceae", "Quercus hypoleucoides", "A.Camus"),
    ("Cactaceae", "Echinocactus horizonthalonius", "Lem."),
    ("Cactaceae", "Mammillaria grahamii", "Engelm."),
    ("Fabaceae", "Prosopis velutina", "Wooton"),
)


def measure(user: Any, collection: Collection) -> dict[str, list[float]]:
    """Return the seconds of each save, by its kind."""
    _name_everything(user)
    chance = random.Random(7)
    own = Occurrence.objects.filter(collection=collection).values_list("guid", flat=True)
    guids = chance.sample(list(own[: EACH * 50]), min(EACH, own.count()))
    client = Client(HTTP_HOST="localhost")
    client.force_login(user)
    species = [name for _family, name, _author in SPECIES]

    def edited(changes: Callable[[int], dict[str, str]]) -> list[float]:
        return [_edit(client, user, guid, changes(turn)) for turn, guid in enumerate(guids)]

    edited(lambda turn: {"habitat": f"oak woodland {turn}"})  # warms up
    return {
        "locality": edited(lambda turn: {"locality": f"{turn} km S of Imuris, at the bridge"}),
        "name": edited(lambda turn: {"scientific_name": species[turn % len(species)]}),
        "security": edited(lambda turn: {"record_security": "1" if turn % 2 else "5"}),
        "new": [_add(client, collection, turn, species) for turn in range(EACH)],
    }


def _name_everything(user: Any) -> None:
    """Give the records names, the thesaurus some taxa, and a genus its protection."""
    change_set = ChangeSet.objects.create(kind=ChangeSet.Kind.TAXON_EDIT, user=user)
    thesaurus.seed([thesaurus.Species(*each) for each in SPECIES], change_set)
    kept = ProtectionList.objects.create(title="Bench")
    protecting.add_rule(user, kept, Taxon.objects.get(scientific_name="Echinocactus"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO taxonomy_name "
            "(guid, scientific_name, authorship, context, state, evidence, candidates) "
            "SELECT portal_guid(), scientific_name, '', '', 'unresolved', '', '[]' "
            "FROM occurrences_occurrence WHERE scientific_name IS NOT NULL "
            "GROUP BY scientific_name ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "UPDATE occurrences_occurrence o SET name_id = n.id FROM taxonomy_name n "
            "WHERE n.scientific_name = o.scientific_name AND o.name_id IS NULL"
        )
        cursor.execute("VACUUM ANALYZE occurrences_occurrence")


def _edit(client: Client, user: Any, guid: Any, changes: dict[str, str]) -> float:
    record = Occurrence.objects.editable_by(user).get(guid=guid)
    texts, _notes = editing.opened(record)
    opened = {f"initial-{name}": texts.get(name, "") for name in (*term_columns(), "identifiers")}
    typed = {name: texts.get(name, "") for name in (*term_columns(), "identifiers")}
    data = opened | typed | changes | {"version": str(record.version), "then": "stay"}
    return _post(client, reverse("occurrences:edit", args=[guid]), data)


def _add(client: Client, collection: Collection, turn: int, species: list[str]) -> float:
    data = {
        "guid": str(new_guid()),
        "catalog_number": f"NEW-{turn:05}",
        "recorded_by": "L. Gómez",
        "record_number": str(9000 + turn),
        "event_date": "14.vii.1932",
        "scientific_name": species[turn % len(species)],
        "country": "Mexico",
        "state_province": "Sonora",
        "locality": "Cañón del Pulpito",
        "decimal_latitude": "30°46'N",
        "decimal_longitude": "110°51'W",
        "minimum_elevation_in_meters": "1200 ft",
        "basis_of_record": "PreservedSpecimen",
        "then": "new",
    }
    return _post(client, reverse("occurrences:add", args=[collection.guid]), data)


def _post(client: Client, where: str, data: dict[str, str]) -> float:
    body = urlencode(data)
    started = time.perf_counter()
    answer = client.post(where, body, content_type="application/x-www-form-urlencoded", secure=True)
    taken = time.perf_counter() - started
    assert answer.status_code == 302, answer.status_code
    return taken
