"""Notices: told once, read in one's own time, mailed to whoever wishes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from accounts import leaving, noticing, tasks
from accounts.models import Notice
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db

SENT = noticing.kind("test sent", gettext_noop("%(file)s has been sent."))
COUNTED = noticing.kind(
    "test counted", gettext_noop("One sheet came."), gettext_noop("%(number)d sheets came.")
)


@pytest.fixture
def ana() -> Any:
    return make.user("ana")


def tell(*people: Any, url: str = "/tour/", kind: str = SENT, **words: object) -> None:
    noticing.tell(people, kind, url, words or {"file": "gomez.csv"})


def test_a_notice_is_told_to_each_person_once(ana):
    ben = make.user("ben")
    tell(ana, ana, None, ben)
    assert sorted(n.person.username for n in Notice.objects.all()) == ["ana", "ben"]
    tell(ana)  # the work was done twice
    assert Notice.objects.filter(person=ana).count() == 1
    tell(ana, url="/taxa/")
    assert Notice.objects.filter(person=ana).count() == 2


def test_a_closed_account_is_told_nothing(ana):
    ana.is_active = False
    ana.save()
    tell(ana)
    assert not Notice.objects.exists()


def test_a_kind_that_nobody_registered_is_an_error(ana):
    with pytest.raises(KeyError):
        tell(ana, kind="never heard of")


def test_a_notice_counts_in_the_readers_language_and_misses_no_word(ana):
    tell(ana, kind=COUNTED, number=1)
    tell(ana, kind=COUNTED, number=3, url="/taxa/")
    with translation.override("en"):
        said = {noticing.sentence(each) for each in Notice.objects.all()}
    assert said == {"One sheet came.", "3 sheets came."}
    assert noticing.sentence(Notice(kind=SENT, words={})) == " has been sent."
    assert noticing.sentence(Notice(kind="of an older version")) == "of an older version"


def test_the_header_counts_what_is_unread_and_a_visit_reads_it(ana):
    tell(ana, file="<b>gomez</b>.csv")
    client = client_of(ana)
    assert 'href="/profile/notices/"' in client.get("/").content.decode()
    page = client.get("/profile/notices/").content.decode()
    assert "&lt;b&gt;gomez&lt;/b&gt;.csv has been sent." in page and "Not read yet" in page
    notice = Notice.objects.get()
    answer = client.get(f"/profile/notices/{notice.guid}/")
    assert (answer.status_code, answer["Location"]) == (302, "/tour/")
    assert 'href="/profile/notices/"' not in client.get("/").content.decode()
    assert "Not read yet" not in client.get("/profile/notices/").content.decode()


def test_all_can_be_marked_as_read_at_once(ana):
    ben = make.user("ben")
    tell(ana, ben)
    tell(ana, url="/taxa/")
    client_of(ana).post("/profile/notices/read/")
    assert noticing.number_unread(ana) == 0
    assert noticing.number_unread(ben) == 1


def test_nobody_reads_anothers_notice(ana):
    tell(ana)
    notice = Notice.objects.get()
    assert client_of(make.user("ben")).get(f"/profile/notices/{notice.guid}/").status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_notice_never_leads_to_another_site(ana):
    tell(ana, url="https://elsewhere.example/")
    answer = client_of(ana).get(f"/profile/notices/{Notice.objects.get().guid}/")
    assert answer["Location"] == "/profile/notices/"


def test_no_mail_is_sent_unasked(ana):
    tell(ana)
    tasks.mail_notices()
    assert mail.outbox == []


def test_each_notice_is_mailed_at_once_and_only_once_to_whoever_wishes_it(ana, settings):
    settings.SITE_URL = "https://portal.example"
    client_of(ana).post("/profile/notices/mails/", {"notice_mails": "at once"})
    ana.refresh_from_db()
    tell(ana)
    tasks.mail_notices()
    tasks.mail_notices()
    assert [message.to for message in mail.outbox] == [[ana.email]]
    assert "gomez.csv has been sent." in mail.outbox[0].subject
    assert "https://portal.example/tour/" in mail.outbox[0].body
    tell(ana, url="/taxa/")
    tasks.mail_notices()
    assert len(mail.outbox) == 2


def test_a_daily_mail_holds_what_came_together_and_waits_a_day(ana):
    client_of(ana).post("/profile/notices/mails/", {"notice_mails": "daily"})
    tell(ana)
    tell(ana, url="/taxa/", file="cacti.csv")
    tasks.mail_notices()
    assert len(mail.outbox) == 1
    assert "gomez.csv" in mail.outbox[0].body and "cacti.csv" in mail.outbox[0].body
    tell(ana, url="/collections/")
    tasks.mail_notices()
    assert len(mail.outbox) == 1
    Notice.objects.filter(mailed_at__isnull=False).update(
        mailed_at=timezone.now() - timedelta(hours=24)
    )
    tasks.mail_notices()
    assert len(mail.outbox) == 2 and "cacti.csv" not in mail.outbox[1].body


def test_what_was_read_is_not_mailed(ana):
    ana.notice_mails = "at once"
    ana.save()
    tell(ana)
    noticing.read(noticing.unread(ana))
    tasks.mail_notices()
    assert mail.outbox == []


def test_old_notices_are_forgotten(ana):
    tell(ana)
    Notice.objects.update(made_at=timezone.now() - timedelta(days=400))
    tell(ana, url="/taxa/")
    tasks.forget()
    assert [each.url for each in Notice.objects.all()] == ["/taxa/"]


def test_notices_are_part_of_what_is_held_about_me_and_go_with_me(ana):
    tell(ana)
    assert b"notices.json" in leaving.export(ana)
    leaving.leave(ana)
    assert not Notice.objects.exists()
