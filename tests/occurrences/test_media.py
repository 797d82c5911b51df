"""Images belong to their record whatever becomes of it, and all that is done to them is undone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from biocollections.models import Collection
from journal import jobs, undo
from journal.guids import new_guid
from journal.jobs import Refused
from journal.models import Change, ChangeSet, Job
from occurrences import history, media, moving, picturing, restoring
from occurrences.models import Media, Occurrence
from occurrences.moving import Arrival
from tests import make
from tests.occurrences import pictures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files of each test apart."""
    monkeypatch.setattr(default_storage._wrapped, "location", str(tmp_path), raising=False)


@pytest.fixture
def record(herbarium: Collection) -> Occurrence:
    return make.occurrence(herbarium, catalog_number="7")


def captions(record: Occurrence) -> list[str]:
    return list(media.of(record.guid).values_list("caption", flat=True))


def deletion(record: Occurrence) -> ChangeSet:
    done = make.change_set(None, record.collection, "deletion")
    restoring.delete(done, [record.pk])
    return done


def test_an_image_is_kept_as_it_came_and_made_ready_to_show(record: Occurrence) -> None:
    content = pictures.sheet(300, 400)
    medium = pictures.of(record, content, caption="Front")
    medium.refresh_from_db()
    assert (medium.width, medium.height, medium.state) == (300, 400, Media.State.READY)
    original = media.open_file(medium, "original")
    assert original is not None and original.read() == content
    assert media.open_file(medium, "web") and media.open_file(medium, "thumbnail")


def test_a_large_image_is_made_ready_by_a_job(
    record: Occurrence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picturing, "QUICK_PIXELS", 100)
    medium = pictures.of(record, pictures.sheet(300, 400))
    assert medium.state == Media.State.WAITING and not media.open_file(medium, "web")
    Job.objects.filter(kind=media.KIND).update(state=Job.State.CANCELLED)
    for _again in range(2):  # a job that is taken up again starts from the beginning
        assert jobs.run_here(media.KIND, medium.guid, None).state == Job.State.DONE
    medium.refresh_from_db()
    assert medium.state == Media.State.READY and media.open_file(medium, "web")


def test_a_large_image_that_is_damaged_says_so(
    record: Occurrence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picturing, "QUICK_PIXELS", 100)
    content = pictures.sheet(600, 800, "PNG")
    medium = pictures.of(record, content[: len(content) // 2])
    Job.objects.filter(kind=media.KIND).update(state=Job.State.CANCELLED)
    job = jobs.run_here(media.KIND, medium.guid, None)
    medium.refresh_from_db()
    assert job.state == Job.State.FAILED and "damaged" in job.error
    assert medium.state == Media.State.FAILED


def test_nothing_is_kept_of_what_is_refused(record: Occurrence, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        pictures.of(record, b"<html>")
    assert not Media.objects.exists() and not list(tmp_path.rglob("*"))


def test_uploading_is_undone_and_redone(record: Occurrence) -> None:
    medium = pictures.of(record, caption="Front")
    done = Change.objects.get(row_guid=medium.guid).change_set
    undone = undo.undo(done, None)
    assert captions(record) == []
    undo.undo(undone, None)
    back = media.of(record.guid).get()
    assert back.guid == medium.guid and back.as_row() == medium.as_row()
    assert back.state == Media.State.READY and media.open_file(back, "web")


def test_what_is_said_and_the_order_are_undone(record: Occurrence) -> None:
    front, back = pictures.of(record, caption="Front"), pictures.of(record, caption="Back")
    told, moved = make.change_set(None, record.collection), make.change_set(None, record.collection)
    media.tell(told, front, {"caption": "Sheet", "creator": "L. Gómez"})
    media.move(moved, back, -1)
    assert captions(record) == ["Back", "Sheet"]
    undo.undo(moved, None)
    undo.undo(told, None)
    assert captions(record) == ["Front", "Back"]


def test_an_undo_leaves_alone_what_was_said_since(record: Occurrence) -> None:
    medium = pictures.of(record)
    first, second = make.change_set(None, record.collection), make.change_set(None)
    media.tell(first, medium, {"caption": "one", "creator": "L. Gómez"})
    media.tell(second, medium, {"caption": "two"})
    done = undo.undo(first, None)
    medium.refresh_from_db()
    assert (medium.caption, medium.creator) == ("two", "")
    assert done.conflicts == [{"record": str(record.guid), "fields": ["caption"]}]


def test_an_upload_that_was_told_about_since_is_not_undone(record: Occurrence) -> None:
    medium = pictures.of(record)
    media.tell(make.change_set(None, record.collection), medium, {"caption": "Label"})
    uploaded = Change.objects.filter(row_guid=medium.guid).earliest("pk")
    done = undo.undo(uploaded.change_set, None)
    assert captions(record) == ["Label"] and done.counts["conflicts"] == 1


def test_a_deleted_image_comes_back(record: Occurrence) -> None:
    pictures.of(record, caption="Front")
    done = make.change_set(None, record.collection)
    media.delete(done, media.of(record.guid))
    assert captions(record) == []
    undo.undo(done, None)
    assert captions(record) == ["Front"]


def test_a_deleted_record_takes_its_images_along_and_brings_them_back(
    record: Occurrence, administrator: Any
) -> None:
    pictures.of(record, caption="Front", by=administrator)
    seen = Media.objects.visible_to(administrator)
    done = deletion(record)
    assert not seen.exists()
    undo.undo(done, None)
    assert seen.get().caption == "Front"


def test_images_travel_with_a_record(
    record: Occurrence, other_herbarium: Collection, editor: Any, other_editor: Any
) -> None:
    medium = pictures.of(record)
    change_set = make.change_set(None, other_herbarium, "transfer")
    moving.move(change_set, record.collection, other_herbarium, [Arrival(record.pk)])
    assert Media.objects.editable_by(other_editor).get() == medium
    assert not Media.objects.editable_by(editor).exists()


def test_who_lost_the_record_takes_nothing_back(
    record: Occurrence, other_herbarium: Collection
) -> None:
    medium = pictures.of(record)
    done = Change.objects.get(row_guid=medium.guid).change_set
    moving.move(
        make.change_set(None, other_herbarium, "transfer"),
        record.collection,
        other_herbarium,
        [Arrival(record.pk)],
    )
    assert undo.undo(done, None).conflicts[0]["fields"] == ["collection"]
    assert media.of(record.guid).exists()


def test_a_merge_hands_images_on_and_gets_them_back(
    record: Occurrence, herbarium: Collection
) -> None:
    other = make.occurrence(herbarium)
    pictures.of(record, caption="of the survivor")
    pictures.of(other, caption="of the other")
    done = make.change_set(None, herbarium, "merge")
    assert media.give_to(done, other.guid, record.guid) == 1
    restoring.delete(done, [other.pk])
    assert captions(record) == ["of the survivor", "of the other"]
    undo.undo(done, None)
    assert (captions(record), captions(other)) == (["of the survivor"], ["of the other"])


def test_history_tells_of_images(record: Occurrence, editor: Any) -> None:
    medium = pictures.of(record, by=editor, caption="Front")
    media.tell(make.change_set(editor, record.collection), medium, {"caption": "Sheet"})
    told = [
        (line.label, line.old, line.new)
        for entry in history.of_record(record, editor)
        for line in entry.lines
    ]
    assert told == [("Image: Caption", "Front", "Sheet"), ("Image", "", "Front")]


def test_a_record_has_so_many_images_and_no_more(
    record: Occurrence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST_OF_RECORD", 1)
    pictures.of(record)
    with pytest.raises(Refused, match="1 images already"):
        pictures.of(record)


# --- who may see them -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("security", "readers"),
    [
        (None, {"visitor", "reader", "editor", "other_editor"}),
        (1, {"reader", "editor"}),
        (5, {"editor"}),
    ],
)
def test_images_are_seen_by_who_may_read_the_place(
    herbarium: Collection, cast: dict[str, Any], security: int | None, readers: set[str]
) -> None:
    pictures.of(make.occurrence(herbarium, record_security=security, locality="here"))
    asked = ("visitor", "reader", "editor", "other_editor")
    assert {n for n in asked if Media.objects.visible_to(cast[n]).exists()} == readers


def test_what_waits_for_its_record_is_seen_by_who_brought_it(
    herbarium: Collection, editor: Any, administrator: Any
) -> None:
    guid = new_guid()
    media.add(make.change_set(editor, herbarium), guid, pictures.upload(pictures.sheet(9, 9)), {})
    assert Media.objects.editable_by(editor).exists()
    assert not Media.objects.visible_to(administrator).exists()
    make.occurrences(herbarium, [{"guid": guid}])
    assert Media.objects.editable_by(administrator).exists()


# --- what nothing refers to -------------------------------------------------------------------


def test_what_was_uploaded_in_vain_goes(
    record: Occurrence, herbarium: Collection, tmp_path: Path
) -> None:
    kept = pictures.of(record)
    gone = pictures.of(record)
    media.delete(make.change_set(None, herbarium), [gone])
    vain = media.add(
        make.change_set(None, herbarium), new_guid(), pictures.upload(pictures.sheet(9, 9)), {}
    )
    long_ago = timezone.now() - timedelta(days=60)
    Media.objects.update(created_at=long_ago)
    stray = "media/00/01000000-1e24-7ede-8a98-68704f26fb00"
    (tmp_path / stray).mkdir(parents=True)
    (tmp_path / stray / "original").write_bytes(b"cut off")
    assert media.sweep() == 2
    assert list(Media.objects.all()) == [kept]
    assert media.open_file(kept, "web") and media.open_file(gone, "original")
    assert not media.open_file(vain, "original") and not (tmp_path / stray).exists()
    assert not Change.objects.filter(row_guid=vain.guid).exists()
