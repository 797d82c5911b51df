"""import_occurrences: what it prints, what it refuses."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from biocollections.models import Collection
from journal.models import ChangeSet, Job
from occurrences import profiles
from occurrences.models import ImportOutcome, ImportRow, ImportRun, Occurrence
from tests import make

pytestmark = pytest.mark.django_db

TEXT = "catalogNumber,occurrenceID,eventDate\n1,a-1,1932\n2,a-2,31/02/1932\n2,a-3,1933\n"


@pytest.fixture
def command(herbarium, administrator, tmp_path, capsys):
    """Run the command on a text; return what it printed."""

    def running(text, *options, user=administrator.username, collection=herbarium.code):
        path = tmp_path / "records.csv"
        path.write_text(text, "utf-8")
        capsys.readouterr()
        of = ("--collection", collection, "--user", user)
        call_command("import_occurrences", str(path), *of, *options)
        return capsys.readouterr().out

    return running


def test_it_prints_one_json_object_on_the_last_line(command):
    told = json.loads(command(TEXT, "--json").splitlines()[-1])
    assert isinstance(told.pop("seconds"), float)
    assert told == {
        "rows": 3,
        "created": 3,
        "updated": 0,
        "unchanged": 0,
        "blocked": 0,
        "conflict": 0,
        "excluded": 0,
        "issues": {"RECORDED_DATE_INVALID": 1},
        "extensions": {},
        "key": "occurrenceID",
        "keys": ["occurrenceID"],
        "mode": "update",
        "change_set": str(ChangeSet.objects.get().guid),
    }


def test_it_tells_the_counts_and_how_to_undo_in_words(command):
    told = command(TEXT)
    assert "rows 3, created 3" in told
    assert f"undo {ChangeSet.objects.get().guid}" in told


def test_the_key_can_be_chosen(command):
    told = json.loads(command(TEXT, "--json", "--key", "catalogNumber"))
    assert (told["created"], told["blocked"]) == (2, 1)
    assert told["key"] == "catalogNumber"


def test_several_keys_count_in_their_order(command):
    options = ("--json", "--key", "occurrenceID", "--key", "catalogNumber")
    told = json.loads(command(TEXT, *options))
    assert (told["keys"], told["created"]) == (["occurrenceID", "catalogNumber"], 3)


def test_the_mode_can_be_chosen(command):
    command(TEXT)
    told = json.loads(command(TEXT.replace("1932\n", "1933\n"), "--json", "--mode", "fill"))
    assert (told["mode"], told["unchanged"]) == ("fill", 3)


def test_a_profile_says_how_a_file_comes_in(command, administrator):
    command(TEXT, "--key", "catalogNumber", "--mode", "fill")
    profiles.save(ImportRun.objects.get(), "Old portal", administrator)
    told = json.loads(command(TEXT, "--json", "--profile", "old portal"))
    assert (told["keys"], told["mode"]) == (["catalogNumber"], "fill")
    with pytest.raises(CommandError, match="no import profile “none”"):
        command(TEXT, "--profile", "none")


def test_a_key_that_is_none_is_refused(command):
    with pytest.raises(CommandError, match="barcode is no key"):
        command(TEXT, "--key", "barcode")


@pytest.mark.parametrize("option", ["--dry-run", "--checks-only"])
def test_a_dry_run_tells_the_same_and_leaves_nothing(command, option):
    told = json.loads(command(TEXT, "--json", option))
    assert (told["created"], told["change_set"]) == (3, None)
    for model in (Occurrence, ImportRun, ImportRow, ImportOutcome, ChangeSet, Job):
        assert not model.objects.exists(), model


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "empty"),
        ("name,rank\nQuercus,genus\n", {}, "no table of occurrences"),
        (TEXT, {"user": "nobody"}, "no user nobody"),
        (TEXT, {"collection": "NONE"}, "no collection NONE"),
        (TEXT, {"user": "stranger"}, "does not administer"),
    ],
)
def test_a_refusal_is_one_line(command, stranger, text, options, said):
    with pytest.raises(CommandError, match=said) as refusal:
        command(text, **options)
    assert "\n" not in str(refusal.value)
    assert not Occurrence.objects.exists()


def test_a_key_the_file_does_not_have_is_refused(command):
    with pytest.raises(CommandError, match="no column for sourceID"):
        command(TEXT, "--key", "sourceID")


def test_a_file_that_is_not_there_is_refused(herbarium, administrator, tmp_path):
    of = ("--collection", herbarium.code, "--user", administrator.username)
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_occurrences", str(tmp_path / "none.csv"), *of)


def test_an_editor_may_not_import(command, editor):
    with pytest.raises(CommandError, match="does not administer"):
        command(TEXT, user=editor.username)


def test_two_collections_that_say_the_same_have_one_hash() -> None:
    rows = [
        {"catalog_number": "1", "locality": "Ridge", "scientific_name": "Quercus alba"},
        {"catalog_number": "2", "locality": "Secret", "record_security": 1},
    ]
    one, other = make.collection(), make.collection()
    make.occurrences(one, rows)
    make.occurrences(other, rows[::-1])
    assert _printed_hash(one) == _printed_hash(other)
    assert _printed_hash(one, "--guids") != _printed_hash(other, "--guids")
    make.edit(Occurrence.objects.get(collection=other, catalog_number="1"), locality="Slope")
    assert _printed_hash(one) != _printed_hash(other)


def _printed_hash(collection: Collection, *options: str) -> str:
    out = StringIO()
    call_command("hash_collection", collection.code, *options, stdout=out)
    return out.getvalue().split()[0]
