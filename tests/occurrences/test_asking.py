"""A cleaning run that asks the Catalogue of Life: what it brings, and that no outage wipes."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from journal.jobs import Refused, run_here
from journal.models import ChangeSet, Job
from occurrences import cleaning
from occurrences.cleaning import Options
from occurrences.models import Occurrence
from taxonomy import checklistbank
from taxonomy.models import Name, Taxon
from tests import make
from tests.taxonomy import catalogue_server as server

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue(settings, monkeypatch):
    monkeypatch.setattr(checklistbank, "PAUSE", 0)
    monkeypatch.setattr(checklistbank, "_sleep", lambda seconds: None)
    with server.serving() as served:
        settings.CATALOGUE_OF_LIFE_URL = served.url
        yield served


@pytest.fixture
def mammals():
    """A collection of three names and its administrator."""
    person = make.user()
    collection = make.collection(administrator=person)
    names = [
        ("Felis concolor", "Linnaeus, 1771"),
        ("Quercus alba", None),
        ("Xyzzy abcde", None),
    ]
    make.occurrences(
        collection,
        [{"scientific_name": n, "scientific_name_authorship": a} for n, a in names],
    )
    return collection, person


def run(mammals, **options):
    collection, person = mammals
    scope = cleaning.scope_of(person, str(collection.guid))
    return cleaning.run(scope, Options(**options))


def states():
    return dict(Name.objects.values_list("scientific_name", "state"))


def test_names_are_asked_only_when_the_person_wants_it(catalogue, mammals):
    run(mammals)
    assert catalogue.asked == []
    assert set(states().values()) == {"not found"}


def test_run_links_adopts_and_fills_from_what_was_answered(catalogue, mammals):
    run(mammals, online=True)
    assert states() == {
        "Felis concolor": "linked",
        "Quercus alba": "review",
        "Xyzzy abcde": "not found",
    }
    record = Occurrence.objects.get(scientific_name="Felis concolor")
    accepted = record.name.taxon.accepted
    assert str(accepted) == "Puma concolor (Linnaeus, 1771)"
    assert accepted.vernacular_names.count() == 2
    assert (record.family, record.kingdom) == ("Felidae", "Animalia")


def test_what_was_answered_stays_offered_in_a_run_that_asks_nobody(catalogue, mammals):
    run(mammals, online=True)
    asked = len(catalogue.asked)
    run(mammals)
    assert states()["Quercus alba"] == "review"
    assert len(catalogue.asked) == asked


def test_outage_before_or_within_a_run_changes_nothing(catalogue, mammals):
    run(mammals, online=True)
    before = list(Name.objects.order_by("pk").values())
    change_sets = ChangeSet.objects.count()
    make.occurrences(mammals[0], [{"scientific_name": "Quercus robur"}])
    catalogue.knows_nothing = True
    with pytest.raises(Refused, match="What was linked before is as it was"):
        run(mammals, online=True)
    assert list(Name.objects.exclude(scientific_name="Quercus robur").order_by("pk").values()) == (
        before
    )
    assert ChangeSet.objects.filter(kind="cleaning").count() == change_sets - 1


def test_job_says_why_it_stopped(catalogue, mammals):
    catalogue.faults = [server.error(503)] * 50
    collection, person = mammals
    options = Options(online=True).as_json()
    job = run_here("clean names", collection.guid, person, collection.pk, options)
    assert job.state == Job.State.FAILED
    assert "can't be asked now" in job.error
    assert not Taxon.objects.exists()


def test_command_asks_when_told_and_says_why_it_can_not(catalogue, settings, mammals, capsys):
    call_command("match_names", collection=mammals[0].code, online=True, json=True)
    assert '"linked": 1' in capsys.readouterr().out
    assert states()["Felis concolor"] == "linked"
    settings.CATALOGUE_OF_LIFE_URL = ""
    with pytest.raises(CommandError, match="not set up"):
        call_command("match_names", collection=mammals[0].code, online=True)


def test_page_offers_to_ask_only_where_the_portal_is_set_up(settings, client, mammals):
    collection, person = mammals
    client.force_login(person)
    page = reverse("occurrences:cleaning", args=[collection.guid])
    settings.CATALOGUE_OF_LIFE_URL = ""
    assert b'name="online"' not in client.get(page).content
    client.post(f"{page}run/", {"online": "on"})
    assert Job.objects.get(kind="clean names").options["online"] is False
    settings.CATALOGUE_OF_LIFE_URL = "https://example.org/dataset/3LR"
    Job.objects.all().delete()
    assert b'name="online"' in client.get(page).content


def test_nothing_is_locked_while_the_network_is_waited_for(catalogue, mammals):
    held = []

    def look(handler):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7101"
            )
            held.append(cursor.fetchone()[0])
        connection.close()  # the server's own
        handler.send(503, b"{}")

    catalogue.faults = [look]
    run(mammals, online=True)
    assert held == [0]
