"""match_names links a collection's names, and only counts them on a dry run."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from journal.models import ChangeSet
from occurrences.models import Occurrence
from taxonomy.models import Name
from tests import make
from tests.taxonomy import known

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("match_names", "--json", *arguments, stdout=out)
    return dict(json.loads(out.getvalue()))


@pytest.fixture
def records() -> None:
    into = make.collection("HERB")
    make.occurrences(
        into,
        [{"scientific_name": name} for name in ("Poa annua", "Poa annua", "Poa anua", "Salix zz")],
    )
    known.usage("Poa annua", "L.", source="Flora")


def test_names_and_records_are_told_by_outcome(records: None) -> None:
    found = run("--collection", "HERB")
    assert found["names"] == {
        "new": 0, "linked": 1, "review": 1, "not found": 1, "kept": 0
    }  # fmt: skip
    assert found["records"]["linked"] == 2
    linked = Occurrence.objects.filter(collection__code="HERB", name__taxon__isnull=False)
    assert linked.count() == 2


def test_a_dry_run_tells_the_same_and_writes_nothing(records: None) -> None:
    before = list(Name.objects.order_by("pk").values())
    made = ChangeSet.objects.count()
    dry = run("--collection", "HERB", "--dry-run")
    assert list(Name.objects.order_by("pk").values()) == before
    assert ChangeSet.objects.count() == made
    real = run("--collection", "HERB")
    assert (dry["names"], dry["records"]) == (real["names"], real["records"])


def test_a_second_run_tells_of_all_names_again_and_links_none(records: None) -> None:
    first = run("--collection", "HERB")
    again = run("--collection", "HERB")
    assert (again["names"], again["records"]) == (first["names"], first["records"])
    assert sum(again["records"].values()) == Occurrence.objects.exclude(name=None).count() == 4
    assert (first["linked"], again["linked"], again["filled"]) == (1, 0, 0)
    dry = run("--collection", "HERB", "--dry-run")
    assert (dry["names"], dry["linked"]) == (first["names"], 0)


def test_a_source_is_a_checklist_in_use(records: None) -> None:
    known.usage("Salix alba", "L.", source="Other")
    assert run("--collection", "HERB", "--source", "Other")["names"]["linked"] == 0
    assert run("--collection", "HERB", "--source", "Flora")["names"]["linked"] == 1
    with pytest.raises(CommandError, match="No checklist Nothing is in use"):
        run("--collection", "HERB", "--source", "Nothing")
    with pytest.raises(CommandError, match="no collection NONE"):
        run("--collection", "NONE")
