"""Loading places from a file: each row is accounted for, and all of it can be taken back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from biocollections import place_files, places
from biocollections.models import Place, PlaceFile, PlaceName
from journal import undo

pytestmark = pytest.mark.django_db

COUNTIES = """country,stateProvince,county,variants,abbreviations
United States,Arizona,Pima,Pima County|Condado de Pima,
USA,Ariz.,Pinal,,
US,AZ,Pima,,
Mexico,Sonora,,Sonora State,Snra.
Atlantis,Sonora,Imuris,,
Mexico,Nowhere,Imuris,,
Mexico,,Imuris,,
,Sonora,Imuris,,
"""


def loaded(text: str = COUNTIES, name: str = "counties.csv") -> PlaceFile:
    return place_files.load(place_files.receive(io.BytesIO(text.encode()), name, None))


def told() -> list[Any]:
    names = PlaceName.objects.values_list("place__code", "text", "kind", "language")
    return [*Place.objects.order_by("code").values_list("guid", "code", "name"), *sorted(names)]


def test_every_row_is_accounted_for_and_the_bad_ones_named() -> None:
    done = loaded()
    assert done.counts == {"rows": 8, "created": 2, "updated": 1, "unchanged": 1, "blocked": 4}
    problems = {each["line"]: each["problem"] for each in done.problems}
    assert list(problems) == [6, 7, 8, 9]
    assert "no country “Atlantis”" in problems[6]
    assert "no state or province “Nowhere” in Mexico" in problems[7]


def test_what_was_loaded_is_found() -> None:
    loaded()
    county = places.find("USA", "AZ", "Condado de Pima").county
    assert county and (county.code, county.name) == ("US-AZ-pima", "Pima")
    assert places.find("MX", "Snra.").state_province


def test_the_same_file_again_changes_nothing() -> None:
    loaded()
    before = told()
    again = loaded()
    assert again.change_set is None
    assert (again.counts["unchanged"], again.counts["blocked"]) == (4, 4)
    assert told() == before


def test_a_file_is_taken_back_and_brought_back() -> None:
    before = told()
    done = loaded()
    after = told()
    assert done.change_set
    undone = undo.undo(done.change_set, None)
    assert told() == before
    assert places.find("USA", "AZ", "Pima").county is None
    undo.undo(undone, None)
    assert told() == after


def test_a_place_that_others_lie_in_by_now_stays() -> None:
    first = loaded("country,state,variants\nMexico,New State,Newest\n")
    loaded("country,state,county\nMexico,New State,Its County\n", "more.csv")
    assert first.change_set
    done = undo.undo(first.change_set, None)
    assert done.counts["conflicts"] == 1
    assert places.find("Mexico", "Newest").state_province


def test_what_is_no_list_of_places_is_refused() -> None:
    assert "no column “country”" in loaded("a,b\n1,2\n").refusal
    assert loaded("\0\1\2", "x.zip").refusal
    assert not PlaceFile.objects.exclude(change_set=None).exists()


def test_loading_twice_after_a_killed_worker_does_it_once() -> None:
    done = loaded()
    assert place_files.load(PlaceFile.objects.get(pk=done.pk)).change_set == done.change_set
    assert Place.objects.filter(code="US-AZ-pima").count() == 1


def test_a_command_loads_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "counties.csv"
    path.write_text(COUNTIES)
    call_command("load_places", str(path), "--json")
    printed = json.loads(capsys.readouterr().out)
    assert (printed["created"], printed["problems"][0]["line"]) == (2, 6)
    with pytest.raises(CommandError, match="There is no file"):
        call_command("load_places", str(tmp_path / "none.csv"))


def test_a_portal_admin_loads_a_file_and_undoes_it(
    client: Client, portal_admin: Any, taxonomist: Any, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(portal_admin)
    address = reverse("collections:places")
    client.post(address, {"file": SimpleUploadedFile("counties.csv", COUNTIES.encode())})
    kept = PlaceFile.objects.get()
    assert kept.job and kept.job.kind == "places load"
    change_set = place_files.load(kept).change_set
    assert change_set
    page = client.get(address, {"country": "US", "state_province": "Ariz."}).content.decode()
    assert "counties.csv" in page and "US-AZ" in page and "no country “Atlantis”" in page
    shown = reverse("occurrences:change_set", args=[change_set.guid])
    assert "Pima, Arizona" in client.get(shown).content.decode()
    other = Client()
    other.force_login(taxonomist)
    assert other.get(shown).status_code == 404
    client.post(reverse("occurrences:undo", args=[change_set.guid]))
    assert places.find("USA", "AZ", "Pima").county is None


def test_ten_thousand_counties_are_loaded_in_few_statements(
    django_assert_max_num_queries: Any,
) -> None:
    rows = "".join(f"Mexico,Sonora,County {number},,\n" for number in range(10_000))
    with django_assert_max_num_queries(30):
        done = loaded("country,stateProvince,county,variants,abbreviations\n" + rows)
    assert done.counts["created"] == 10_000
