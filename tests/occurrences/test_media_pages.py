"""Images over the web: brought in beside the form, handed out so that no browser runs them."""

from __future__ import annotations

import html
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image

from biocollections.models import Collection
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import downloads, media, picturing
from occurrences.models import Media, Occurrence
from tests import canary, make
from tests.canary import Canaries
from tests.cast import client_of
from tests.occurrences import pictures

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the files of each test apart."""
    monkeypatch.setattr(default_storage._wrapped, "location", str(tmp_path), raising=False)


@pytest.fixture
def record(herbarium: Collection) -> Occurrence:
    return make.occurrence(herbarium, catalog_number="7")


@pytest.fixture
def desk(editor: Any) -> Client:
    return client_of(editor)


def send(desk: Client, guid: Any, *files: Any, **more: Any) -> Any:
    address = reverse("occurrences:media", args=[guid])
    return desk.post(address, {"files": files, **more}, headers={"HX-Request": "true"})


def words(response: Any) -> str:
    return html.unescape(response.content.decode())


def test_several_images_come_in_at_once(desk: Client, record: Occurrence) -> None:
    files = [pictures.upload(pictures.sheet(60, 80), f"{n}.jpg") for n in range(3)]
    assert "3 images added." in words(send(desk, record.guid, *files))
    assert media.of(record.guid).count() == 3
    assert "viewer-image" in words(desk.get(reverse("occurrences:edit", args=[record.guid])))


def test_one_that_is_refused_is_named_and_stops_no_other(desk: Client, record: Occurrence) -> None:
    bad = pictures.upload(b"<html>", "label.jpg")
    told = words(send(desk, record.guid, bad, pictures.upload(pictures.sheet(60, 80))))
    assert "label.jpg" in told and "something else besides a picture" in told
    assert "1 image added." in told


def test_an_upload_in_which_nothing_is_taken_leaves_no_change(
    desk: Client, record: Occurrence
) -> None:
    before = ChangeSet.objects.count()
    send(desk, record.guid, pictures.upload(b"<html>"))
    assert ChangeSet.objects.count() == before and not Media.objects.exists()


def test_an_upload_is_undone_by_its_button(desk: Client, record: Occurrence) -> None:
    send(desk, record.guid, pictures.upload(pictures.sheet(60, 80)))
    done = ChangeSet.objects.latest("pk")
    desk.post(reverse("occurrences:undo", args=[done.guid]))
    assert not Media.objects.exists()


def test_a_record_is_photographed_before_it_is_saved(
    desk: Client, herbarium: Collection, record: Occurrence
) -> None:
    guid = new_guid()
    send(desk, guid, pictures.upload(pictures.sheet(60, 80)), collection=herbarium.guid)
    shown = reverse("occurrences:media_file", args=[media.of(guid).get().guid, "web"])
    assert desk.get(shown).status_code == 200 and Client().get(shown).status_code == 404
    texts = {"guid": guid, "scientific_name": "Quercus", "then": "stay"}
    desk.post(reverse("occurrences:add", args=[herbarium.guid]), texts)
    assert Client().get(shown).status_code == 200


def test_nobody_brings_images_for_a_record_that_was_deleted(
    desk: Client, record: Occurrence, herbarium: Collection, administrator: Any
) -> None:
    client_of(administrator).post(reverse("occurrences:delete", args=[record.guid]))
    file = pictures.upload(pictures.sheet(60, 80))
    assert send(desk, record.guid, file, collection=herbarium.guid).status_code == 404


def test_what_is_said_about_an_image_stands_on_the_page(desk: Client, record: Occurrence) -> None:
    medium = pictures.of(record)
    texts = {"caption": "Front", "creator": "L. Gómez", "license": "CC0"}
    desk.post(reverse("occurrences:media_edit", args=[medium.guid]), texts)
    page = words(Client().get(record.get_absolute_url()))
    assert "Front" in page and "L. Gómez" in page and "CC0" in page


def test_images_are_put_in_order_and_deleted(desk: Client, record: Occurrence) -> None:
    first, second = pictures.of(record), pictures.of(record)
    desk.post(reverse("occurrences:media_move", args=[second.guid]), {"to": "earlier"})
    assert list(media.of(record.guid)) == [second, first]
    desk.post(reverse("occurrences:media_delete", args=[second.guid]))
    assert list(media.of(record.guid)) == [first]


@pytest.mark.parametrize("size", ["web", "thumbnail", "original"])
def test_no_browser_runs_what_is_handed_out(desk: Client, record: Occurrence, size: str) -> None:
    medium = pictures.of(record)
    answer = desk.get(reverse("occurrences:media_file", args=[medium.guid, size]))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Type"] == ("image/jpeg" if size == "original" else "image/webp")
    assert answer["Cache-Control"].startswith("private")
    kind = "attachment" if size == "original" else "inline"
    assert answer["Content-Disposition"].startswith(f"{kind}; filename=")


def test_a_file_is_handed_out_under_the_ending_of_what_it_is(
    desk: Client, record: Occurrence
) -> None:
    done = make.change_set(None, record.collection)
    file = pictures.upload(pictures.sheet(60, 80, "PNG"), "label.html")
    medium = media.add(done, record.guid, file, {})
    answer = desk.get(medium.original_url)
    assert answer["Content-Disposition"] == 'attachment; filename="label.png"'
    assert answer["Content-Type"] == "image/png"


def test_the_place_a_camera_noted_leaves_in_no_image(record: Occurrence) -> None:
    medium = pictures.of(record, pictures.with_place("seen from the road"))
    for size in ("web", "thumbnail"):
        sent = b"".join(Client().get(medium.address(size)).streaming_content)
        assert b"road" not in sent and not Image.open(io.BytesIO(sent)).getexif()


def test_a_large_file_is_told_how_large_it_may_be(
    desk: Client, record: Occurrence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picturing, "MOST_BYTES", 1000)
    told = words(send(desk, record.guid, pictures.upload(pictures.sheet())))
    assert "1000\xa0bytes can be uploaded" in told


def test_images_of_protected_records_leak_into_no_page(
    canaries: Canaries, stranger: Any, reader: Any
) -> None:
    for record in (canaries.place, canaries.whole):
        word = canary.WORD if record == canaries.place else canary.WHOLE
        pictures.of(record, pictures.with_place(f"{word} road"), caption=f"{word} label")
    address = canaries.place.get_absolute_url()
    assert "media/" not in words(client_of(stranger).get(address))
    assert f"{canary.WORD} label" in words(client_of(reader).get(address))


# --- archives -----------------------------------------------------------------------------------


def archive(collection: Collection, user: Any) -> str:
    made = io.BytesIO()
    downloads.write_dwca(collection, user, made)
    return "\n".join(canary.texts(made.getvalue()))


def test_an_archive_names_public_images_and_no_others(
    record: Occurrence, herbarium: Collection, administrator: Any, visitor: Any
) -> None:
    shown = pictures.of(record, caption="Front", creator="L. Gómez", license="CC0")
    hidden = make.occurrence(herbarium, record_security=1, locality="here")
    kept = pictures.of(hidden, caption="Hidden label")
    told = archive(herbarium, visitor)
    assert f"/media/{shown.guid}/web/" in told and "L. Gómez" in told
    assert str(kept.guid) not in told and "Hidden label" not in told
    assert str(kept.guid) in archive(herbarium, administrator)
