import pytest
from django.template.loader import render_to_string
from django.views import defaults


@pytest.mark.django_db
def test_unknown_address_stays_in_the_portal(client):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert 'role="search"' in answer.text


def test_fault_page_needs_no_database(rf):
    answer = defaults.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


def test_bad_request_says_that_nothing_changed(rf):
    answer = defaults.bad_request(rf.get("/"), Exception())
    assert "Nothing was changed" in answer.text


@pytest.mark.django_db
def test_deleted_record_offers_restoring_to_those_who_may(rf, herbarium):
    deleted = {"name": "Quercus emoryi", "collection": herbarium}
    plain = render_to_string("410.html", {"deleted": deleted}, rf.get("/"))
    assert "Restore the record" not in plain
    able = render_to_string("410.html", {"deleted": deleted, "restore": "/restore/"}, rf.get("/"))
    assert 'action="/restore/"' in able
