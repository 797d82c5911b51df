"""What was made for one person stays out of shared caches; what is for all carries no cookie."""

import pytest

from tests.cast import client_of

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/occurrences/", "/collections/", "/tour/"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_visitor_gets_no_cookie_for_reading(visitor, address):
    response = client_of(visitor).get(address)
    assert response.status_code == 200
    assert not response.cookies and not response.has_header("Cache-Control")


@pytest.mark.parametrize("address", [*PUBLIC, "/profile/", "/nothing-here/"])
def test_no_shared_cache_keeps_what_a_person_sees(editor, address):
    response = client_of(editor).get(address)
    assert response["Cache-Control"] == "private, no-cache"


def test_a_page_that_gives_a_cookie_is_for_one_reader(visitor):
    response = client_of(visitor).get("/accounts/login/")
    assert response.cookies and "private" in response["Cache-Control"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_watcher_may_ask_whether_the_site_is_there(visitor, address):
    assert client_of(visitor).head(address).status_code == 200
