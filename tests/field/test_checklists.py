"""Checklists of the field: every archive of taxa, every data package, and what became of each.

The table of outcomes is read by people: a line that changes wants a reason. It is made anew with
`KEEP_OUTCOMES=1`.
"""

import csv
import os
from pathlib import Path

import pytest
from django.core.files import File

from taxonomy import checklists
from taxonomy.adopting import adopt
from taxonomy.models import BlockedUsage, Checklist, Taxon, Usage, UsageVernacular
from tests import make

FOLDER = Path(os.environ.get("FIELD_DATA", ""))
OUTCOMES = Path(__file__).with_name("checklist_outcomes.tsv")
VASCAN = "1-dwca/taxon/gnames-dwca/vascan.zip"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.field,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]
FOLDERS = ("1-dwca/taxon", "1-dwca/taxon-no-meta", "3-taxonomy/coldp", "3-taxonomy/coldp-archives")
COLUMNS = ("file", "rows", "taken", "implied", "common names", "not taken", "issues")


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def load(name, source="Field", kingdom=""):
    """Load a file of the folder and put it in use."""
    with (FOLDER / name).open("rb") as file:
        made = checklists.receive(File(file), Path(name).name, source, None, kingdom)
    checklists.load(made)
    if checklists.has_names(made):
        checklists.put_in_use(made)
    return made


def outcome(name):
    """Return what a file came to, as a line of the table."""
    made = load(name)
    counts = made.counts
    taken = counts["created"] + counts["updated"] + counts["unchanged"]
    assert counts["rows"] == taken + counts["blocked"]
    assert Usage.objects.filter(checklist=made).count() == taken + counts["implied"]
    assert BlockedUsage.objects.filter(checklist=made).count() == counts["blocked"]
    checklists.discard(retired(made))
    words = [
        " ".join(f"{code}:{number}" for code, number in sorted(counts[part].items()))
        for part in ("blocked_by", "issues")
    ]
    figures = (counts["rows"], taken, counts["implied"], counts["vernaculars"])
    return (name, *map(str, figures), *words)


def retired(made):
    Checklist.objects.filter(pk=made.pk).update(state="replaced")
    made.refresh_from_db()
    return made


def files():
    found = (path for folder in FOLDERS for path in (FOLDER / folder).rglob("*") if path.is_file())
    return sorted(str(path.relative_to(FOLDER)) for path in found)


@pytest.mark.slow
def test_every_checklist_of_the_field_ends_as_the_table_says():
    found = [COLUMNS, *map(outcome, files())]
    if os.environ.get("KEEP_OUTCOMES"):
        OUTCOMES.write_text("".join("\t".join(line).rstrip() + "\n" for line in found))
    with OUTCOMES.open(newline="") as kept:
        expected = [tuple(line) for line in csv.reader(kept, delimiter="\t")]
    assert len(found) > 70
    padded = [line + ("",) * (len(COLUMNS) - len(line)) for line in expected]
    assert found == padded


@pytest.mark.slow
def test_the_plants_of_canada_come_with_their_common_names():
    vascan = load(VASCAN, "VASCAN", "Plantae")
    assert vascan.counts["rows"] == vascan.counts["created"] == 33304
    assert UsageVernacular.objects.filter(checklist=vascan).count() > 32000
    yarrow = Usage.objects.get(checklist=vascan, source_id="2768")
    assert str(yarrow) == "Achillea millefolium Linnaeus"
    assert (yarrow.family, yarrow.kingdom) == ("Asteraceae", "Plantae")
    assert not Usage.objects.filter(checklist=vascan).exclude(kingdom="Plantae").exists()
    again = load(VASCAN, "VASCAN", "Plantae")
    assert (again.counts["unchanged"], again.counts["updated"]) == (33304, 0)


@pytest.mark.slow
def test_plants_of_canada_are_adopted_with_their_tree():
    vascan = load(VASCAN, "VASCAN", "Plantae")
    species = Usage.objects.filter(checklist=vascan, rank="species", status="accepted")
    wanted = list(species.order_by("id").values_list("id", flat=True)[:500])
    found = adopt(make.change_set(kind="cleaning"), wanted)
    assert len(found) == 500
    assert Taxon.objects.filter(rank="kingdom").count() == 1
    assert not Taxon.objects.filter(path=None).exists()
    taxa = Taxon.objects.filter(pk__in=found.values())
    assert not taxa.filter(family="").exists()
    before = Taxon.objects.count()
    adopt(make.change_set(kind="cleaning"), wanted)
    assert Taxon.objects.count() == before
