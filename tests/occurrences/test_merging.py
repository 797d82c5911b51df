"""Two records of one sheet become one, with all that either had; undo parts them again."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from biocollections.models import Collection
from darwincore.terms import MULTIMEDIA_ROW
from journal import undo
from journal.jobs import Refused
from journal.models import ChangeSet
from occurrences import clustering, history, labels, merging, mine, records, restoring
from occurrences.label_design import BUILT_IN
from occurrences.models import (
    Comment,
    DeletedOccurrence,
    LabelPrinted,
    LabelRun,
    Occurrence,
    Offer,
    Origin,
    Protection,
    QueuedAnnotation,
    Suggestion,
)
from occurrences.readers import exact_values, hash_collection
from tests import make
from tests.cast import client_of

Pair = tuple[Occurrence, Occurrence]


def row(name: str) -> dict[str, str]:
    return {"scientific_name": name, "identified_by": "A. Ruiz", "date_identified": "1950"}


@pytest.fixture
def pair(herbarium: Collection) -> Pair:
    common = {"recorded_by": "L. Gómez", "record_number": "2207"}
    rows = [
        {
            "catalog_number": "H-1",
            "habitat": "oak",
            "identifications": [row("Quercus alba")],
            "identifiers": [("Accession", "1"), ("", "x")],
            "extension_rows": [(MULTIMEDIA_ROW, {"identifier": "https://images.example/1.jpg"})],
            **common,
        },
        {
            "catalog_number": "H-2",
            "habitat": "pine",
            "locality": "Imuris",
            "event_date": "1932-07-14",
            "scientific_name": "Quercus grisea",
            "identifications": [row("Quercus alba"), row("Quercus rugosa")],
            "identifiers": [("Accession", "1"), ("Accession", "2")],
            "extension_rows": [(MULTIMEDIA_ROW, {"identifier": "https://images.example/2.jpg"})],
            **common,
        },
    ]
    one, other = make.occurrences(herbarium, rows)
    return one, other


def names(record: Occurrence) -> dict[str, bool]:
    return dict(record.identifications.values_list("scientific_name", "is_current"))


def test_the_survivor_keeps_what_of_both_is_distinct(pair: Pair, administrator: Any) -> None:
    one, other = pair
    merging.merge(administrator, one, other, ["locality", "event_date"])
    one.refresh_from_db()
    assert (one.habitat, one.locality, one.event_date) == ("oak", "Imuris", "1932-07-14")
    assert str(one.event_date_start) == "1932-07-14" and one.year == 1932
    assert names(one) == {
        "Quercus emoryi": True,
        "Quercus alba": False,
        "Quercus grisea": False,
        "Quercus rugosa": False,
    }
    assert list(one.identifiers.values_list("name", "value")) == [
        ("Accession", "1"),
        ("", "x"),
        ("Accession", "2"),
        ("Catalog Number", "H-2"),
    ]
    assert one.extension_rows.count() == 2
    assert not Occurrence.objects.filter(pk=other.pk).exists()


def test_a_determination_is_chosen_whole(pair: Pair, administrator: Any) -> None:
    one, other = pair
    merging.merge(administrator, one, other, ["scientific_name", "catalog_number"])
    one.refresh_from_db()
    assert names(one)["Quercus grisea"] is True and one.scientific_name == "Quercus grisea"
    assert names(one)["Quercus emoryi"] is False
    assert one.catalog_number == "H-2"
    assert ("Catalog Number", "H-1") in one.identifiers.values_list("name", "value")


def test_undo_gives_both_back(pair: Pair, administrator: Any, herbarium: Collection) -> None:
    one, other = pair
    mate = make.occurrence(make.collection("OTHER"))
    clustering.link(make.change_set(within=herbarium), [(other.guid, mate.guid)], {"why": "hand"})
    before = hash_collection(herbarium)
    done = merging.merge(administrator, one, other, ["locality", "scientific_name"])
    one.refresh_from_db()
    mate.refresh_from_db()
    assert one.cluster_member.cluster == mate.cluster_member.cluster
    taken_back = undo.undo(done, administrator)
    assert taken_back.conflicts == [] and hash_collection(herbarium) == before
    back, mate = Occurrence.objects.get(guid=other.guid), Occurrence.objects.get(pk=mate.pk)
    assert back.cluster_member.cluster == mate.cluster_member.cluster
    assert not hasattr(Occurrence.objects.get(pk=one.pk), "cluster_member")
    again = undo.undo(taken_back, administrator)
    assert again.conflicts == []
    gone = DeletedOccurrence.objects.get(guid=other.guid)
    assert merging.survivor_of(gone) == one.guid


def test_the_vanished_address_leads_to_the_survivor(pair: Pair, administrator: Any) -> None:
    one, other = pair
    done = merging.merge(administrator, one, other, [])
    answer = Client().get(other.get_absolute_url())
    assert (answer.status_code, answer["Location"]) == (301, one.get_absolute_url())
    undo.undo(done, administrator)
    assert Client().get(other.get_absolute_url()).status_code == 200
    back = Occurrence.objects.get(guid=other.guid)
    restoring.delete(make.change_set(within=one.collection), [back.pk])
    assert Client().get(other.get_absolute_url()).status_code == 410


def test_who_could_not_see_the_vanished_record_is_not_led_from_it(
    herbarium: Collection, administrator: Any, editor: Any, other_editor: Any
) -> None:
    one = make.occurrence(herbarium)
    hidden = make.occurrence(herbarium, record_security=5)
    merging.merge(administrator, one, hidden, [])
    assert client_of(other_editor).get(hidden.get_absolute_url()).status_code == 404
    assert client_of(editor).get(hidden.get_absolute_url()).status_code == 301


def test_the_history_of_both_stands_in_the_survivor(pair: Pair, administrator: Any) -> None:
    one, other = pair
    make.edit(other, administrator, habitat="pine forest")
    other.refresh_from_db()
    merging.merge(administrator, one, other, [])
    one.refresh_from_db()
    entries = history.of_record(one, administrator)
    told = [(line.label, line.new) for entry in entries for line in entry.lines]
    assert ("Habitat", "pine forest") in told
    assert ("Merged with", f"H-2 ({other.guid})") in told
    assert not any(entry.deleted for entry in entries)
    (edited,) = [entry for entry in entries if ("Habitat", "pine forest") in _told(entry)]
    assert edited.merged == "H-2 · Quercus grisea"
    assert (edited.may_undo, edited.alone, edited.revertible) == (False, False, set())
    assert {entry.merged for entry in entries} == {"", edited.merged}
    page = client_of(administrator).get(reverse("occurrences:history", args=[one.guid]))
    assert "of H-2 · Quercus grisea, merged into this one" in page.text


def test_one_edit_of_both_is_told_of_each(pair: Pair, administrator: Any) -> None:
    one, other = pair
    done = make.edit(one, administrator, substrate="granite")
    same = make.draft(other.collection, guid=other.guid, version=1, substrate="schist")
    records.write(done, {"substrate"}, [same])
    other.refresh_from_db()
    merging.merge(administrator, one, other, [])
    one.refresh_from_db()
    both = [each for each in history.of_record(one, administrator) if each.change_set == done]
    assert [(each.merged, _told(each)) for each in both] == [
        ("", [("Substrate", "granite")]),
        ("H-2 · Quercus grisea", [("Substrate", "schist")]),
    ]


def _told(entry: history.Entry) -> list[tuple[str, str]]:
    return [(line.label, line.new) for line in entry.lines]


# --- who, and what --------------------------------------------------------------------------------


def ask(person: Any, one: Occurrence, other: Occurrence, **posted: str) -> Any:
    address = f"{reverse('occurrences:merge')}?one={one.guid}&other={other.guid}"
    client = client_of(person)
    return client.post(address, posted) if posted else client.get(address)


def test_the_page_merges_by_the_chosen_sides(pair: Pair, administrator: Any) -> None:
    one, other = pair
    page = ask(administrator, one, other).content.decode()
    assert "Different catalogue numbers usually mean two sheets" in page
    answer = ask(
        administrator, one, other, keep="other", **{"side-habitat": "one", "side-locality": "other"}
    )
    assert answer["Location"] == other.get_absolute_url()
    other.refresh_from_db()
    assert (other.habitat, other.locality) == ("oak", "Imuris")


def test_one_who_may_not_delete_there_gets_404(
    pair: Pair, editor: Any, other_administrator: Any, other_herbarium: Collection
) -> None:
    elsewhere = make.occurrence(other_herbarium)
    for person in (editor, other_administrator):
        assert ask(person, *pair).status_code == 404
        assert ask(person, *pair, keep="one").status_code == 404
    assert ask(other_administrator, pair[0], elsewhere, keep="one").status_code == 404
    assert Occurrence.objects.count() == 3


def test_two_personal_profiles_with_the_same_number_are_never_merged(db: None) -> None:
    """Each owner has a 1234 of his own, even where one person administers both profiles."""
    owner, neighbour = make.user("owner"), make.user("neighbour")
    mine = make.collection("MINE", administrator=owner, type="personal")
    theirs = make.collection("THEIRS", administrator=neighbour, type="personal")
    one = make.occurrence(mine, recorded_by="Owner", record_number="1234")
    other = make.occurrence(theirs, recorded_by="Neighbour", record_number="1234")
    assert ask(owner, one, other, keep="one").status_code == 404
    make.grant(owner, "administrator", theirs)
    assert ask(owner, one, other, keep="one").status_code == 404
    with pytest.raises(Refused):
        merging.merge(owner, one, other, [])
    assert Occurrence.objects.count() == 2


def test_the_stricter_security_stands(herbarium: Collection, administrator: Any) -> None:
    one = make.occurrence(herbarium, locality="Imuris", record_security=1)
    other = make.occurrence(
        herbarium, locality="Imuris", record_security=5, security_reason="a nest"
    )
    before = hash_collection(herbarium)
    page = ask(administrator, one, other)
    assert "the stricter of the two" in page.content.decode()
    assert "record_security" not in {choice.name for choice, *_rest in page.context["choices"]}
    ask(administrator, one, other, keep="one", **{"side-record_security": "one"})
    one.refresh_from_db()
    assert (one.protection, one.withheld.protection) == (Protection.WHOLE, Protection.WHOLE)
    assert (
        exact_values(Occurrence.objects.editable_by(administrator).get(pk=one.pk))[
            "security_reason"
        ]
        == "a nest"
    )
    undo.undo(ChangeSet.objects.latest("pk"), administrator)
    assert hash_collection(herbarium) == before


def test_the_survivors_own_stricter_security_stays(herbarium: Any, administrator: Any) -> None:
    one = make.occurrence(herbarium, locality="Imuris", record_security=5)
    other = make.occurrence(herbarium, locality="Imuris")
    merging.merge(administrator, one, other, ["record_security"])
    one.refresh_from_db()
    assert one.protection == Protection.WHOLE


# --- what belongs to a record ---------------------------------------------------------------------


def test_suggestions_and_comments_go_along_and_come_back(
    pair: Pair, administrator: Any, stranger: Any
) -> None:
    one, other = pair
    suggested = Suggestion.objects.create(record_guid=other.guid, by=stranger)
    said = Comment.objects.create(record_guid=other.guid, by=stranger, text="The date?")
    own = Comment.objects.create(record_guid=one.guid, by=stranger, text="Mine")
    done = merging.merge(administrator, one, other, [])

    def about() -> list[Any]:
        for each in (suggested, said, own):
            each.refresh_from_db()
        return [suggested.record_guid, said.record_guid, own.record_guid]

    assert about() == [one.guid] * 3
    back = undo.undo(done, administrator)
    assert about() == [other.guid, other.guid, one.guid]
    undo.undo(back, administrator)
    assert about() == [one.guid] * 3


def test_queued_labels_go_along_and_come_back(pair: Pair, administrator: Any) -> None:
    one, other = pair
    alone = other.identifications.get(scientific_name="Quercus rugosa")
    twice = other.identifications.get(scientific_name="Quercus alba")
    own = one.identifications.get(scientific_name="Quercus alba")
    for row in (alone, twice, own):
        QueuedAnnotation.objects.create(identification=row.guid, user=administrator)
    done = merging.merge(administrator, one, other, [])
    waiting = labels.queued(administrator).values_list("identification", flat=True)
    merged = one.identifications.get(scientific_name="Quercus rugosa")
    assert set(waiting.all()) == {merged.guid, own.guid}
    undo.undo(done, administrator)
    assert set(waiting.all()) == {alone.guid, twice.guid, own.guid}


def test_labels_laid_out_and_printed_go_along_and_come_back(pair: Pair, administrator: Any) -> None:
    one, other = pair
    gone, kept = str(other.guid), str(one.guid)
    alone = labels.begin(administrator, "specimen", "of one", [gone])
    both = labels.begin(administrator, "specimen", "of both", ["a", gone, kept])
    LabelRun.objects.filter(pk=both.pk).update(rows=[["a", 1], [gone, 3], [kept, None]])
    twice = other.identifications.get(scientific_name="Quercus alba")
    own = one.identifications.get(scientific_name="Quercus alba")
    named = labels.begin(administrator, "annotation", "a name", [str(twice.guid)])
    printed = LabelPrinted.objects.create(record_guid=other.guid, user=administrator, copies=2)
    done = merging.merge(administrator, one, other, [])

    def rows(run: LabelRun) -> Any:
        run.refresh_from_db()
        return run.rows

    def merged() -> bool:
        printed.refresh_from_db()
        ways = {printed.record_guid == one.guid, rows(alone) == [[kept, None]]}
        ways |= {rows(both) == [["a", 1], [kept, None]], rows(named) == [[str(own.guid), None]]}
        assert len(ways) == 1
        return ways.pop()

    assert merged()
    assert [text.guid for text in labels.texts(alone, BUILT_IN["herbarium"][2])] == [kept]
    back = undo.undo(done, administrator)
    assert rows(both) == [["a", 1], [gone, 3], [kept, None]]
    assert (rows(alone), rows(named)) == ([[gone, None]], [[str(twice.guid), None]])
    assert not merged()
    undo.undo(back, administrator)
    assert merged()


def test_where_it_came_from_goes_along_and_is_said_once(
    pair: Pair, administrator: Any, collector: Any, herbarium: Collection
) -> None:
    one, other = pair
    profile = make.collection("PROFILE", administrator=collector, type="personal")
    came = {"source": profile, "giver": collector, "change_set": other.created_by}
    (third,) = make.occurrences(herbarium, [{"catalog_number": "H-3"}])
    given = Origin.objects.create(record_guid=other.guid, how=Offer.How.TRANSFER, **came)
    copied = {**came, "how": Offer.How.COPY}
    copy = Origin.objects.create(record_guid=third.guid, original_guid=other.guid, **copied)
    said = [
        Origin.objects.create(record_guid=each.guid, original_guid=third.guid, **copied)
        for each in (one, other)
    ]
    of_itself = Origin.objects.create(record_guid=one.guid, original_guid=other.guid, **copied)
    done = merging.merge(administrator, one, other, [])

    def ends() -> list[Any]:
        for each in (given, copy, *said, of_itself):
            each.refresh_from_db()
        told = [given.record_guid, copy.original_guid, of_itself.original_guid]
        return [*told, *(each.record_guid for each in said)]

    assert ends() == [one.guid, one.guid, other.guid, one.guid, other.guid]
    assert list(mine.given_by(collector).values_list("record_guid", flat=True)) == [one.guid]
    undo.undo(done, administrator)
    assert ends() == [other.guid, other.guid, other.guid, one.guid, other.guid]
