"""Anybody signed in may suggest a correction where a collection takes it; curators decide."""

import re

import pytest

from accounts.models import Notice
from journal import jobs
from journal.jobs import Refused
from occurrences import suggesting_edits as suggesting
from occurrences.models import Identification, Occurrence, Suggestion
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium):
    herbarium.public_edits = True
    herbarium.save()
    return make.occurrence(
        herbarium, catalog_number="H 1", locality="Imuris", habitat="oak", identified_by="M. Ortega"
    )


def seen_by(user, record):
    return Occurrence.objects.visible_to(user).get(pk=record.pk)


def suggested(user, record, **changes):
    return suggesting.suggest(user, seen_by(user, record), changes, "see the label", "field book 7")


def notices(person):
    return list(Notice.objects.filter(person=person).values_list("kind", flat=True))


def test_a_suggestion_writes_nothing_and_tells_the_curators(record, stranger, editor):
    made = suggested(stranger, record, locality="Nogales", habitat="oak")
    record.refresh_from_db()
    assert (record.locality, record.version) == ("Imuris", 1)
    assert made.changes == {"locality": {"old": "Imuris", "new": "Nogales"}}
    assert notices(editor) == ["suggestions to review"] and notices(stranger) == []


def test_a_curator_applies_it_and_the_edit_names_the_suggester(record, stranger, editor):
    made = suggested(stranger, record, locality="Nogales")
    done = suggesting.apply(made, editor, ["locality"], 1)
    record.refresh_from_db()
    assert record.locality == "Nogales"
    assert (done.state, done.change_set.user) == ("applied", editor)
    assert str(stranger) in done.change_set.reason
    assert notices(stranger) == ["suggestion applied"]
    jobs.run_here("undo", done.change_set.guid, editor)
    record.refresh_from_db()
    assert record.locality == "Imuris"


def test_a_part_of_it_is_applied(record, stranger, editor):
    made = suggested(stranger, record, locality="Nogales", habitat="pine")
    done = suggesting.apply(made, editor, ["habitat"], 1)
    record.refresh_from_db()
    assert (record.locality, record.habitat, done.state) == ("Imuris", "pine", "partly")
    assert notices(stranger) == ["suggestion partly applied"]


def test_declining_needs_a_reason_and_tells_it(record, stranger, editor):
    made = suggested(stranger, record, locality="Nogales")
    with pytest.raises(Refused, match="why"):
        suggesting.decline(made, editor, "  ")
    done = suggesting.decline(made, editor, "The label says Imuris.")
    assert (done.state, done.answer) == ("declined", "The label says Imuris.")
    assert notices(stranger) == ["suggestion declined"]
    with pytest.raises(Refused, match="already"):
        suggesting.apply(made, editor, ["locality"], 1)


def test_another_name_becomes_a_new_determination(record, stranger, editor):
    made = suggested(stranger, record, scientific_name="Quercus grisea")
    suggesting.apply(made, editor, ["scientific_name"], 1)
    record.refresh_from_db()
    assert record.scientific_name == "Quercus grisea"
    assert record.identified_by is None, "M. Ortega did not determine it as that"
    told = Identification.objects.filter(occurrence=record).order_by("position")
    assert [(each.scientific_name, each.is_current) for each in told] == [
        ("Quercus emoryi", False),
        ("Quercus grisea", True),
    ]


def test_a_stale_suggestion_says_so_and_is_not_applied_blindly(record, stranger, editor):
    made = suggested(stranger, record, locality="Nogales")
    make.edit(record, editor, locality="Magdalena")
    field = suggesting.fields_of(made, seen_by(editor, record))[0]
    assert (field.old, field.now, field.new, field.stale) == (
        "Imuris",
        "Magdalena",
        "Nogales",
        True,
    )
    with pytest.raises(Refused, match="meanwhile"):
        suggesting.apply(made, editor, ["locality"], 1)


def test_what_the_editor_would_refuse_is_refused(client, record, stranger):
    client.force_login(stranger)
    where = f"/occurrences/{record.guid}/suggest-correction/"
    form = {"event_date": "31/02/1998", "initial-event_date": ""}
    page = client.post(where, form)
    assert page.status_code == 200 and not Suggestion.objects.exists()
    assert "errorlist" in page.content.decode()


def test_a_collection_without_public_edits_takes_none(record, stranger, herbarium, client):
    herbarium.public_edits = False
    herbarium.save()
    with pytest.raises(Refused, match="takes no"):
        suggested(stranger, record, locality="Nogales")
    client.force_login(stranger)
    assert client.get(f"/occurrences/{record.guid}/suggest-correction/").status_code == 403


def test_too_many_in_a_day_are_refused(record, stranger, monkeypatch):
    monkeypatch.setattr(suggesting, "MOST_A_DAY", 2)
    for number in range(2):
        suggested(stranger, record, locality=f"place {number}")
    with pytest.raises(Refused, match="tomorrow"):
        suggested(stranger, record, locality="one more")


def test_only_suggester_and_curators_read_it(client, record, stranger, cast):
    made = suggested(stranger, record, locality="Nogales")
    for name, person in cast.items():
        if name == "visitor":
            continue
        client.force_login(person)
        entitled = name in ("stranger", "editor", "administrator")
        assert client.get(made.get_absolute_url()).status_code == (200 if entitled else 404), name


def test_no_hidden_field_of_a_protected_record_is_offered_to_outsiders(
    herbarium, stranger, reader, record
):
    make.edit(record, record_security=1)
    assert "locality" not in suggesting.texts_seen(seen_by(stranger, record))
    assert suggesting.texts_seen(seen_by(reader, record))["locality"] == "Imuris"
    with pytest.raises(Refused, match="Nothing"):
        suggested(stranger, record, locality="Nogales")


def test_a_suggester_reads_no_place_that_was_protected_since(client, record, stranger, editor):
    made = suggested(stranger, record, locality="Nogales")
    make.edit(record, locality="Magdalena")
    make.edit(record, record_security=1)
    client.force_login(stranger)
    page = client.get(made.get_absolute_url()).content.decode()
    assert "Nogales" in page and "redacted" in page
    assert "Magdalena" not in page and "Imuris" not in page
    make.edit(record, record_security=5)
    assert client.get(made.get_absolute_url()).status_code == 404
    suggesting.decline(made, editor, "no")
    assert notices(stranger) == [], "nobody is told of a record he may not see"


def test_the_whole_way_on_the_pages(client, record, stranger, editor):
    client.force_login(stranger)
    page = client.get(record.get_absolute_url()).content.decode()
    where = f"/occurrences/{record.guid}/suggest-correction/"
    assert where in page
    form = {"locality": "Nogales", "initial-locality": "Imuris", "remark": "see the label"}
    sent = client.post(where, form, follow=True).content.decode()
    assert "waits for review" in sent and "Nogales" in sent
    made = Suggestion.objects.get()
    client.force_login(editor)
    queue = f"/collections/{record.collection.guid}/suggestions/"
    assert "Review edits" in client.get("/profile/").content.decode()
    assert made.get_absolute_url() in client.get(queue).content.decode()
    assert "see the label" in client.get(made.get_absolute_url()).content.decode()
    client.post(f"{made.get_absolute_url()}reply/", {"text": "Which label?"})
    assert "suggestion talked about" in notices(stranger)
    client.post(
        f"{made.get_absolute_url()}decide/",
        {"what": "apply", "column": "locality", "version": "1", "answer": "Right."},
    )
    record.refresh_from_db()
    assert record.locality == "Nogales"
    assert made.get_absolute_url() not in client.get(queue).content.decode()
    assert made.get_absolute_url() in client.get(f"{queue}?state=applied").content.decode()
    client.force_login(stranger)
    mine = client.get("/suggestions/").content.decode()
    assert "applied" in mine
    told = client.get(made.get_absolute_url()).content.decode()
    assert "Which label?" in told and "Right." in told


def test_a_suggester_may_withdraw_what_nobody_decided(client, record, stranger, cast):
    made = suggested(stranger, record, locality="Nogales")
    client.force_login(stranger)
    client.post(f"{made.get_absolute_url()}decide/", {"what": "withdraw"})
    made.refresh_from_db()
    assert made.state == "withdrawn"
    answer = client.post(f"{made.get_absolute_url()}decide/", {"what": "apply"})
    assert answer.status_code == 403


def test_what_a_curator_wrote_and_ticked_stays_when_it_cannot_be_done(
    client, record, stranger, editor
):
    made = suggested(stranger, record, locality="Nogales", habitat="pine")
    client.force_login(editor)
    sent = {"what": "apply", "version": 99, "column": ["habitat"], "answer": "Thank you kindly."}
    page = client.post(f"{made.get_absolute_url()}decide/", sent).text
    assert "changed meanwhile" in page and "Thank you kindly.</textarea>" in page
    assert re.findall(r'value="(\w+)" aria-label="\w+" checked', page) == ["habitat"]
    monologue = "x" * 4001
    page = client.post(f"{made.get_absolute_url()}reply/", {"text": monologue}).text
    assert f"{monologue}</textarea>" in page
