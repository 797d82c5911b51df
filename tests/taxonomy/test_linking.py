"""What matching finds is written once, beside decisions of people and other runs."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from journal.models import Change, ChangeSet
from taxonomy import matching
from taxonomy.models import Name, Taxon
from tests import make
from tests.taxonomy import known


def run(change_set: ChangeSet | None = None, **options: Any) -> Any:
    return matching.link(Name.objects.all(), change_set, **options)


@pytest.mark.django_db
def test_names_are_linked_adopted_and_their_changes_kept() -> None:
    known.usage("Plantae", rank="kingdom")
    puma = known.usage("Poa supina", "Schrad.")
    known.usage("Poa annua", "L.", synonym_of=puma)
    name = known.name("Poa annua", "L.")
    changes = make.change_set(kind="cleaning")
    assert run(changes) == {"linked": 1, "changed": 1}
    name.refresh_from_db()
    assert name.taxon and name.taxon.scientific_name == "Poa annua"
    assert name.taxon.accepted and name.taxon.accepted.scientific_name == "Poa supina"
    assert (name.state, name.evidence, name.matched_at is None) == ("linked", "synonym", False)
    assert name.candidates[0]["taxon"] == str(name.taxon.guid)
    change = Change.objects.get(kind="name")
    assert change.row_guid == change.record_guid == name.guid
    assert change.before == {"taxon": None, "state": "new", "evidence": ""}
    assert change.after == {
        "taxon": str(name.taxon.guid), "state": "linked", "evidence": "synonym"
    }  # fmt: skip


@pytest.mark.django_db
def test_a_second_run_changes_nothing() -> None:
    known.usage("Poa annua", "L.")
    known.usage("Gerardia", "L.")
    known.usage("Gerardia", "Benth.")
    for text in ("Poa annua", "Gerardia", "Poa anua", "Salix alba"):
        known.name(text)
    changes = make.change_set(kind="cleaning")
    first = run(changes)
    assert first == {"linked": 1, "review": 2, "not found": 1, "changed": 4}
    before = list(Name.objects.order_by("pk").values("taxon", "state"))
    taxa = Taxon.objects.count()
    assert run(changes) == {**first, "changed": 0}
    assert list(Name.objects.order_by("pk").values("taxon", "state")) == before
    assert (Change.objects.filter(kind="name").count(), Taxon.objects.count()) == (4, taxa)


@pytest.mark.django_db
def test_a_persons_decision_is_left_alone() -> None:
    known.usage("Poa annua", "L.")
    kept = known.name("Poa annua", state="kept", decided_at=timezone.now())
    assert run(make.change_set()) == {}
    kept.refresh_from_db()
    assert (kept.state, kept.taxon) == ("kept", None)


@pytest.mark.django_db
def test_a_decision_during_the_run_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    known.usage("Poa annua", "L.")
    name = known.name("Poa annua")
    found = matching.Matcher.answer

    def answer(self: Any, questions: Any) -> Any:
        Name.objects.update(state="kept", decided_at=timezone.now())
        return found(self, questions)

    monkeypatch.setattr(matching.Matcher, "answer", answer)
    assert run(make.change_set())["linked"] == 0
    name.refresh_from_db()
    assert (name.state, name.taxon, Change.objects.count()) == ("kept", None, 0)
    assert not Taxon.objects.exists()


@pytest.mark.django_db
def test_without_adopting_only_the_thesaurus_is_linked() -> None:
    taxon = known.taxon("Poa supina")
    known.usage("Poa annua", "L.")
    linked, new = known.name("Poa supina"), known.name("Poa annua")
    missing = known.name("Salix alba")
    assert run(None, adopt=False) == {"linked": 1, "changed": 1}
    for name in (linked, new, missing):
        name.refresh_from_db()
    assert (linked.taxon, new.state, missing.state) == (taxon, "new", "new")


@pytest.mark.django_db
def test_a_taxon_merged_during_the_run_is_not_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    taxon, other = known.taxon("Poa annua"), known.taxon("Poa supina")
    name = known.name("Poa annua")
    found = matching.Matcher.answer

    def answer(self: Any, questions: Any) -> Any:
        answers = found(self, questions)
        Taxon.objects.filter(pk=taxon.pk).update(merged_into=other)
        return answers

    monkeypatch.setattr(matching.Matcher, "answer", answer)
    assert run(make.change_set()) == {"changed": 0}
    name.refresh_from_db()
    assert name.state == "new"


@pytest.mark.django_db
def test_the_records_family_tells_homonyms_apart() -> None:
    known.usage("Agabus", "Leach, 1817", kingdom="Animalia", family="Dytiscidae")
    known.usage("Agabus", "Reuter, 1888", kingdom="Animalia", family="Miridae")
    name = known.name("Agabus")
    run(make.change_set(), families=lambda ids: dict.fromkeys(ids, "Miridae"))
    name.refresh_from_db()
    assert name.taxon and name.taxon.authorship == "Reuter, 1888"


@pytest.mark.django_db
def test_a_link_that_became_doubtful_is_taken_back_with_its_change() -> None:
    taxon = known.taxon("Poa annua", "L.")
    name = known.name("Poa annua", taxon=taxon, state="linked", evidence="exact")
    known.usage("Poa annua", "Cham. & Schltdl.")
    run(make.change_set())
    name.refresh_from_db()
    assert (name.state, name.taxon, name.evidence) == ("review", None, "homonym")
    assert Change.objects.get().before == {
        "taxon": str(taxon.guid), "state": "linked", "evidence": "exact"
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_double_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "CHUNK", 7)
    for number in range(40):
        known.usage(f"Poa annua{'abcdefghij'[number % 10]}{'klmn'[number // 10]}", "L.")
    for usage in known.checklist().usages.all():
        known.name(usage.scientific_name)
    changes = [make.change_set(), make.change_set()]
    faults: list[BaseException] = []

    def work(change_set: ChangeSet) -> None:
        try:
            run(change_set)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[one]) for one in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert Name.objects.filter(state="linked").count() == 40
    assert Taxon.objects.filter(rank="species").count() == 40
    assert Change.objects.filter(kind="name").count() == 40
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_killed_run_keeps_what_was_written_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "CHUNK", 2)
    for epithet in ("alba", "rubra", "nigra", "lutea"):
        known.usage(f"Quercus {epithet}", "L.")
        known.name(f"Quercus {epithet}")
    changes = make.change_set()

    class Killed:
        def report(self, *_done: Any) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(changes, progress=Killed())
    assert Name.objects.filter(state="linked").count() == 2
    assert run(changes) == {"linked": 4, "changed": 2}
    assert Change.objects.filter(kind="name").count() == 4
