"""An ORCID is told from a mistyped one."""

import pytest
from django.core.exceptions import ValidationError

from accounts import orcid


@pytest.mark.parametrize(
    "text",
    [
        "0000-0002-1825-0097",
        " https://orcid.org/0000-0002-1825-0097 ",
        "0000000218250097",
        "http://orcid.org/0000-0002-1825-0097/",
    ],
)
def test_however_it_is_written_it_is_kept_in_one_form(text):
    assert orcid.tidy(text) == "0000-0002-1825-0097"


def test_its_last_character_may_be_an_x():
    assert orcid.tidy("0000-0002-1694-233x") == "0000-0002-1694-233X"


@pytest.mark.parametrize("text", ["0000-0002-1825-0079", "1825-0097", "0000-0002-1825-009", "me"])
def test_what_is_none_is_refused(text):
    with pytest.raises(ValidationError):
        orcid.tidy(text)
