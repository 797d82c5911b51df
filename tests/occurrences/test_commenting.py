"""Comments are read by those they are for, wait where they should, and tell whom they concern."""

import pytest

from accounts import leaving
from accounts.models import Notice
from journal.jobs import Refused
from occurrences import commenting
from occurrences.models import Comment, Occurrence
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def record(herbarium):
    herbarium.public_edits = True
    herbarium.save()
    return make.occurrence(herbarium, catalog_number="H 1", locality="Imuris")


def say(user, record, text, **options):
    seen = Occurrence.objects.visible_to(user).select_related("collection").get(pk=record.pk)
    return commenting.say(user, seen, text, **options)


def readers(comment, cast):
    return {n for n, each in cast.items() if commenting.visible_to(each).filter(pk=comment.pk)}


def notices(person):
    return list(Notice.objects.filter(person=person).values_list("kind", flat=True))


CURATORS = {"editor", "administrator"}


def test_a_comment_stands_at_once_where_public_edits_are_on(record, stranger, editor, cast):
    made = say(stranger, record, "Is this not Q. grisea?")
    assert made.state == "shown" and readers(made, cast) == set(cast)
    assert notices(editor) == ["comment on a record"]


def test_elsewhere_it_waits_for_a_curator(record, stranger, editor, cast, herbarium):
    herbarium.public_edits = False
    herbarium.save()
    made = say(stranger, record, "Is this not Q. grisea?")
    assert made.state == "waiting" and readers(made, cast) == CURATORS | {"stranger"}
    assert notices(editor) == ["comments to review"]
    commenting.show(made, record)
    assert readers(made, cast) == set(cast)
    assert notices(stranger) == ["comment shown"]


def test_one_for_the_curators_stays_with_them_and_so_do_its_answers(record, stranger, editor, cast):
    made = say(stranger, record, "I collected it too.", for_curators=True)
    answer = say(editor, record, "Thank you.", answers=made)
    assert readers(made, cast) == CURATORS | {"stranger"}
    assert readers(answer, cast) == CURATORS


def test_of_a_protected_record_only_readers_of_the_place_and_the_author_see_any(
    record, stranger, collector, cast
):
    made = say(stranger, record, "Near Imuris, by the bridge.")
    make.edit(record, record_security=1)
    assert readers(made, cast) == CURATORS | {"reader", "stranger"}
    make.edit(record, record_security=5)
    assert readers(made, cast) == CURATORS


def test_a_reported_comment_waits_unless_a_curator_has_seen_it(record, stranger, editor):
    made = say(stranger, record, "Rubbish")
    commenting.report(made, record)
    made.refresh_from_db()
    assert made.state == "waiting"
    commenting.show(made, record)
    commenting.report(made, record)
    made.refresh_from_db()
    assert made.state == "shown" and made.reported_at


def test_an_answer_tells_the_author(record, stranger, reader):
    made = say(stranger, record, "Is this not Q. grisea?")
    say(reader, record, "It is.", answers=made)
    assert "comment answered" in notices(stranger)


def test_floods_doubles_and_links_are_held_back(record, stranger, monkeypatch):
    say(stranger, record, "once")
    with pytest.raises(Refused, match="already"):
        say(stranger, record, "once")
    spam = say(stranger, record, "http://a.example http://b.example www.c.example")
    assert spam.state == "waiting"
    monkeypatch.setattr(commenting, "MOST_AT_ONCE", 3)
    say(stranger, record, "third")
    with pytest.raises(Refused, match="wait a little"):
        say(stranger, record, "fourth")
    with pytest.raises(Refused, match="longer"):
        say(stranger, record, "x" * 5000)


def test_comments_are_plain_text_on_the_page(client, record, stranger):
    say(stranger, record, "<b>bold</b> http://a.example/x")
    page = client.get(f"/occurrences/{record.guid}/comments/").content.decode()
    assert "&lt;b&gt;bold" in page and 'href="http://a.example' not in page


def test_an_author_deletes_his_own_and_nobody_elses(client, record, stranger, reader):
    mine, other = say(stranger, record, "mine"), say(reader, record, "not mine")
    say(reader, record, "an answer", answers=mine)
    client.force_login(stranger)
    assert client.post(f"/comments/{other.guid}/delete/").status_code == 403
    assert client.post(f"/comments/{mine.guid}/delete/").status_code == 302
    page = client.get(f"/occurrences/{record.guid}/comments/").content.decode()
    assert "This comment was deleted" in page and "an answer" in page
    mine.refresh_from_db()
    assert (mine.state, mine.text) == ("deleted", "")


def test_the_queue_of_a_collection_shows_hides_and_filters(client, record, stranger, editor):
    made = say(stranger, record, "Look here")
    commenting.report(made, record)
    client.force_login(editor)
    queue = f"/collections/{record.collection.guid}/comments/"
    assert "Look here" in client.get(queue).content.decode()
    client.post(f"/comments/{made.guid}/hide/")
    assert "Look here" not in client.get(queue).content.decode()
    assert "Look here" in client.get(f"{queue}?state=hidden").content.decode()
    client.force_login(stranger)
    assert "Look here" in client.get(f"/occurrences/{record.guid}/comments/").content.decode()
    client.logout()
    assert "Look here" not in client.get(f"/occurrences/{record.guid}/comments/").content.decode()


def test_writing_on_the_page_needs_signing_in(client, record, stranger):
    where = f"/occurrences/{record.guid}/comments/"
    assert "/login/" in client.post(where, {"text": "hello"}).url and not Comment.objects.exists()
    client.force_login(stranger)
    client.post(where, {"text": "hello"})
    first = Comment.objects.get()
    client.post(where, {"text": "an answer", "answers": str(first.guid)})
    assert Comment.objects.get(text="an answer").answers == first


def test_who_leaves_takes_his_name_and_is_given_what_he_said(record):
    import zipfile
    from io import BytesIO

    person = make.user()
    say(person, record, "hello")
    with zipfile.ZipFile(BytesIO(leaving.export(person))) as archive:
        assert b"hello" in archive.read("comments.json")
        assert "suggestions.json" in archive.namelist()
    leaving.leave(person)
    told = commenting.visible_to(make.user()).get(record_guid=record.guid)
    assert told.by.username.startswith("former-member")


def test_a_comment_that_cannot_be_kept_stays_in_its_field(client, record, stranger):
    client.force_login(stranger)
    where = f"{record.get_absolute_url()}comments/"
    client.post(where, {"text": "Is this the type?"})
    first = Comment.objects.get()
    again = client.post(where, {"text": "Is this the type?"}).text
    assert "already" in again and "Is this the type?</textarea>" in again
    answer = {"answers": str(first.guid), "text": "Is this the type?"}
    client.post(where, answer)
    page = client.post(where, answer).text
    assert page.count("Is this the type?</textarea>") == 1 and 'class="gap-above" open' in page
