"""What a saved form took from other sheets: linked, kept in the history, told, as protected."""

import json
from typing import Any

import pytest
from django.urls import reverse

from accounts import noticing
from darwincore.terms import MULTIMEDIA_ROW
from journal import undo
from journal.models import ChangeSet
from occurrences.models import ClusterMember, Occurrence
from occurrences.readers import hash_collection
from tests import canary, make
from tests.cast import client_of

GOMEZ = {"recorded_by": "L. Gómez", "record_number": "2207", "event_date": "1932-07-14"}


@pytest.fixture
def source(other_herbarium: Any) -> Occurrence:
    earlier = {
        "scientific_name": "Quercus alba",
        "identified_by": "X. Y.",
        "date_identified": "1900",
    }
    image = (MULTIMEDIA_ROW, {"identifier": "https://images.example/1.jpg"})
    return make.occurrence(
        other_herbarium,
        catalog_number="O-1",
        locality="Imuris",
        identifications=[earlier],
        extension_rows=[image],
        **GOMEZ,
    )


def said(source: Occurrence, **more: list[str]) -> str:
    guid = str(source.guid)
    return json.dumps({"copied": {guid: ["locality"]}, **{kind: [guid] for kind in more}})


def add(editor: Any, herbarium: Any, **posted: str) -> Occurrence:
    answer = client_of(editor).post(
        reverse("occurrences:add", args=[herbarium.guid]), {**GOMEZ, "then": "stay", **posted}
    )
    assert answer.status_code == 302
    return Occurrence.objects.filter(collection=herbarium).latest("pk")


def test_adding_links_and_keeps_from_where_it_came(
    source: Occurrence, editor: Any, herbarium: Any
) -> None:
    made = add(editor, herbarium, locality="Imuris", duplicates=said(source, linked=[]))
    assert made.cluster_member.cluster == source.cluster_member.cluster
    assert made.created_by is not None
    assert made.created_by.reason == f"Copied from OTHER O-1 ({source.guid}): Locality."


def test_undo_of_adding_takes_the_link_with_it(
    source: Occurrence, editor: Any, herbarium: Any
) -> None:
    before = hash_collection(herbarium)
    wishes = said(source, linked=[], histories=[], images=[])
    made = add(editor, herbarium, locality="Imuris", duplicates=wishes)
    assert made.created_by
    done = undo.undo(made.created_by, editor)
    assert done.conflicts == [] and not ClusterMember.objects.exists()
    assert hash_collection(herbarium) == before


def test_history_and_images_come_when_they_are_ticked(
    source: Occurrence, editor: Any, herbarium: Any
) -> None:
    wishes = said(source, histories=[], images=[])
    made = add(editor, herbarium, scientific_name="Quercus emoryi", duplicates=wishes)
    rows = made.identifications.values_list(
        "scientific_name", "is_current", "identification_remarks"
    )
    assert set(rows) == {
        ("Quercus emoryi", True, None),
        ("Quercus alba", False, "Determination of the duplicate OTHER O-1."),
    }
    assert made.extension_rows.get().terms == {"identifier": "https://images.example/1.jpg"}
    plain = add(editor, herbarium, scientific_name="Quercus emoryi", duplicates=said(source))
    assert plain.identifications.count() == 1 and not plain.extension_rows.exists()


def test_an_edit_takes_them_too_and_undo_gives_the_record_back(
    source: Occurrence, editor: Any, herbarium: Any
) -> None:
    record = make.occurrence(herbarium, **GOMEZ)
    before = hash_collection(herbarium)
    save(editor, record, locality="Imuris", duplicates=said(source, histories=[], images=[]))
    record.refresh_from_db()
    assert record.locality == "Imuris" and record.identifications.count() == 2
    change = record_changes(record)
    assert "O-1" in change.reason
    undo.undo(change, editor)
    assert hash_collection(herbarium) == before


def record_changes(record: Occurrence) -> Any:
    return ChangeSet.objects.filter(changes__record_guid=record.guid).latest("pk")


def save(editor: Any, record: Occurrence, **posted: str) -> Any:
    client = client_of(editor)
    address = reverse("occurrences:edit", args=[record.guid])
    form = client.get(address).context["form"]
    data = {f"initial-{name}": text for name, text in form.initial.items()}
    answer = client.post(address, {**data, **form.initial, "then": "stay", **posted})
    assert answer.status_code == 302
    return answer


def test_a_save_that_changes_nothing_still_links(
    source: Occurrence, editor: Any, herbarium: Any
) -> None:
    record = make.occurrence(herbarium, **GOMEZ)
    guid = str(source.guid)
    save(editor, record, duplicates=json.dumps({"linked": [guid]}))
    record.refresh_from_db()
    assert record.version == 1
    assert record.cluster_member.cluster == source.cluster_member.cluster
    assert record_changes(record).kind == "linking"


def test_the_copy_of_a_protected_record_is_as_protected_whatever_the_form_says(
    canaries: canary.Canaries, editor: Any, herbarium: Any
) -> None:
    place = add(editor, herbarium, locality="x", duplicates=said(canaries.place))
    assert (place.protection, place.locality) == (2, None)
    whole = add(editor, herbarium, duplicates=said(canaries.whole), record_security="1")
    assert whole.protection == 5
    record = make.occurrence(herbarium, **GOMEZ)
    save(editor, record, locality="x", duplicates=said(canaries.place))
    record.refresh_from_db()
    assert (record.protection, record.locality) == (2, None)


def test_what_one_may_not_read_is_neither_linked_nor_copied_by_a_crafted_form(
    canaries: canary.Canaries, other_editor: Any, other_herbarium: Any
) -> None:
    every: dict[str, list[str]] = {"linked": [], "histories": [], "images": []}
    made = add(other_editor, other_herbarium, duplicates=said(canaries.whole, **every))
    assert not hasattr(made, "cluster_member") and made.created_by
    assert made.created_by.reason == "" and made.protection == 0
    made = add(other_editor, other_herbarium, duplicates=said(canaries.place, **every))
    assert made.protection == 2
    assert not made.extension_rows.exists()
    assert canary.leaks(str(list(made.identifications.values())), None, canaries) == set()


@pytest.mark.parametrize("text", ["[]", "{", '{"copied": 1}', '{"linked": ["x"]}', '{"linked": 3}'])
def test_a_form_that_says_nonsense_is_saved_without_it(
    text: str, editor: Any, herbarium: Any
) -> None:
    assert add(editor, herbarium, duplicates=text).recorded_by == "L. Gómez"


# --- notices ------------------------------------------------------------------------------------


def test_the_sender_is_told_once_for_many(
    source: Occurrence, editor: Any, other_editor: Any, herbarium: Any
) -> None:
    add(editor, herbarium, duplicates=said(source))
    (notice,) = noticing.unread(other_editor)
    assert noticing.sentence(notice) == (
        "editor used your record OTHER O-1 for a duplicate in Herbarium of the cast."
    )
    add(editor, herbarium, duplicates=said(source))
    (notice,) = noticing.unread(other_editor)
    assert noticing.sentence(notice).startswith("2 of your records were used")


def test_a_private_collection_is_not_named_to_the_sender(
    source: Occurrence, other_editor: Any
) -> None:
    person = make.user("private")
    private = make.collection("SECRET", administrator=person, is_public=False)
    add(person, private, duplicates=said(source))
    (notice,) = noticing.unread(other_editor)
    assert "SECRET" not in noticing.sentence(notice)
    add(person, private, duplicates=said(source), record_security="5")
    assert noticing.unread(other_editor).get() == notice


def test_the_curators_are_asked_for_what_is_withheld(
    canaries: canary.Canaries, editor: Any, other_editor: Any, other_herbarium: Any
) -> None:
    address = reverse("occurrences:duplicate_ask", args=[canaries.place.guid])
    assert client_of(other_editor).post(address).status_code == 200
    told = noticing.sentence(noticing.unread(editor).get())
    assert "other_editor (other_editor@example.org)" in told and "HERB CANARY-1" in told
    assert client_of(editor).post(address).status_code == 404  # nothing is withheld from him
    hidden = reverse("occurrences:duplicate_ask", args=[canaries.whole.guid])
    assert client_of(other_editor).post(hidden).status_code == 404


# --- the panel ----------------------------------------------------------------------------------


def panel(user: Any, collection: Any, **typed: str) -> str:
    address = reverse("occurrences:duplicates", args=[collection.guid])
    answer = client_of(user).post(address, {**GOMEZ, **typed})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_panel_tells_tier_notice_and_evidence(
    source: Occurrence, editor: Any, herbarium: Any
) -> None:
    make.occurrence(herbarium, catalog_number="H-9", locality="Nogales", **GOMEZ)
    text = panel(editor, herbarium)
    assert "2 records found, 2 exact." in text and "NOTICE" in text
    assert "Same number: 2207." in text
    assert "They disagree" in text
    assert "Imuris / Nogales" in text or "Nogales / Imuris" in text


def test_the_panel_finds_no_withheld_value_for_outsiders(
    canaries: canary.Canaries, other_editor: Any, other_herbarium: Any
) -> None:
    """The watch of the canaries reads the answers; here is that nothing is found by them either."""
    number = f"{canary.WORD} recordNumber"
    found = panel(other_editor, other_herbarium, recorded_by="canary", record_number=number)
    assert str(canaries.place.guid) not in found
    whole = panel(
        other_editor, other_herbarium, recorded_by=canary.WHOLE, record_number=canary.WHOLE
    )
    assert str(canaries.whole.guid) not in whole
