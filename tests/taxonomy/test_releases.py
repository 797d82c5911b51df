"""Before a release is put in use people see what it changes; putting it in use changes no taxon."""

import pytest
from django.core.files.base import ContentFile

from journal import jobs
from journal.models import Job
from taxonomy import checklists, releases
from taxonomy.adopting import adopt
from taxonomy.models import Checklist, Name, Taxon, Usage
from tests import make
from tests.cast import client_of
from tests.taxonomy.listing import ids, listed

pytestmark = pytest.mark.django_db

OLD = [
    {"id": "g", "name": "Quercus", "author": "L.", "rank": "genus"},
    {"id": "h", "name": "Lithocarpus", "author": "Blume", "rank": "genus"},
    {"id": "alba", "name": "Quercus alba", "author": "L.", "parent": "g"},
    {"id": "rubra", "name": "Quercus rubra", "author": "L.", "parent": "g"},
    {"id": "nigra", "name": "Quercus nigra", "author": "L.", "parent": "g"},
    {"id": "densa", "name": "Quercus densa", "author": "Hook.", "parent": "g"},
]
NEW = [
    *OLD[:2],
    {"id": "alba", "name": "Quercus alba", "author": "Linnaeus", "parent": "g"},
    {"id": "rubra", "name": "Quercus rubra", "author": "L.", "accepted": "alba"},
    {"id": "densa", "name": "Quercus densa", "author": "Hook.", "parent": "h"},
    {"id": "bicolor", "name": "Quercus bicolor", "author": "Willd.", "parent": "g"},
]


@pytest.fixture
def old(db):
    return listed("Oaks", OLD)


@pytest.fixture
def new(old):
    """A release that waits, while the old one is in use."""
    made = listed("Newer oaks", NEW)
    Checklist.objects.filter(pk=made.pk).update(source="Oaks", state="ready", release="2")
    made.refresh_from_db()
    return made


def test_the_difference_tells_new_changed_moved_and_gone(new, old):
    found = releases.compare(new)
    assert found["against"] == str(old.guid)
    assert found["counts"] == {"new": 1, "changed": 1, "moved": 2, "gone": 1}
    rows = found["rows"]
    assert [row["id"] for row in rows["new"]] == ["bicolor"]
    assert [row["id"] for row in rows["gone"]] == ["nigra"]
    assert rows["changed"][0]["before"]["name"] == "Quercus alba L."
    assert rows["changed"][0]["after"]["name"] == "Quercus alba Linnaeus"
    moved = {row["id"]: (row["before"]["above"], row["after"]["above"]) for row in rows["moved"]}
    assert moved == {
        "rubra": ("Quercus", "Quercus alba"),
        "densa": ("Quercus", "Lithocarpus"),
    }


def test_the_page_shows_why_a_name_counts_as_changed_that_reads_the_same(new, old, taxonomist):
    Usage.objects.filter(checklist=new, source_id="alba").update(authorship="L.", family="Fagaceae")
    jobs.run_here("compare release", new.guid, taxonomist)
    page = client_of(taxonomist).get(f"/taxa/checklists/{new.guid}/difference/").content.decode()
    assert "species · no family" in page and "species · Fagaceae" in page


def test_the_refresher_lists_what_would_move_and_moves_nothing(new, old):
    found = adopt(make.change_set(kind="cleaning"), ids(old).values())
    rubra = Taxon.objects.get(pk=found[ids(old)["rubra"]])
    Name.objects.create(scientific_name="Quercus rubra", taxon=rubra, state="linked")
    before = list(Taxon.objects.order_by("pk").values())
    effects = releases.effects(new)
    assert effects[0] == {
        "taxon": str(rubra.guid),
        "name": "Quercus rubra L.",
        "effect": "synonym",
        "now": "Quercus alba Linnaeus",
        "names": 1,
    }
    said = {row["name"]: (row["effect"], row["now"]) for row in effects[1:]}
    assert said == {
        "Quercus alba L.": ("other author", "Quercus alba Linnaeus"),
        "Quercus densa Hook.": ("moved", "Lithocarpus Blume"),
        "Quercus nigra L.": ("gone", ""),
    }
    checklists.put_in_use(new)
    assert list(Taxon.objects.order_by("pk").values()) == before


def test_a_release_that_says_the_same_affects_nothing(old):
    adopt(make.change_set(kind="cleaning"), ids(old).values())
    assert releases.effects(old) == []


def test_a_job_compares_and_keeps_the_result(new):
    job = jobs.run_here(releases.JOB, new.guid, None)
    assert job.state == Job.State.DONE
    assert job.result["counts"]["new"] == 1
    assert releases.last_comparison(new) == job


def test_a_first_release_is_put_in_use_by_the_job_and_a_second_waits(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    text = "taxonID,scientificName,taxonRank\n1,Quercus alba L.,species\n"
    states = []
    for release in ("1", "2"):
        made = checklists.receive(ContentFile(text.encode()), "o.csv", "Oaks", None, "", release)
        assert jobs.run_here("load checklist", made.guid, None).state == Job.State.DONE
        made.refresh_from_db()
        states.append(made.state)
    assert states == ["current", "ready"]
    assert Usage.objects.filter(checklist=checklists.current("Oaks"), source_id="1").exists()


def test_a_checklist_still_being_loaded_is_not_compared(db):
    made = Checklist.objects.create(source="Oaks")
    with pytest.raises(jobs.Refused):
        releases.compare(made)
