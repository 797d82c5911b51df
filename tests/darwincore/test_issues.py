"""Messages say where, what was found and what to do."""

import string

import pytest

from darwincore.codes import CODES
from darwincore.issues import Issue, Refused, describe, severity


def test_message_says_where_what_and_what_to_do():
    issue = Issue("RECORDED_DATE_INVALID", "eventDate", "31/02/1998")
    assert str(describe(issue, line=214)) == (
        'Line 214, eventDate "31/02/1998" is not a date. Write 1998-02-28, or leave it blank and'
        " keep the text in verbatimEventDate."
    )


@pytest.mark.parametrize(
    ("line", "file", "start"),
    [
        (None, None, 'meta.xml names the file "media.txt"'),
        (None, "a.zip", 'a.zip: meta.xml names the file "media.txt"'),
        (3, "a.zip", 'a.zip, line 3, meta.xml names the file "media.txt"'),
    ],
)
def test_place_is_named_as_far_as_it_is_known(line, file, start):
    assert describe(Issue("EXTENSION_FILE_MISSING", "", "media.txt"), line, file).text.startswith(
        start
    )


def test_sentence_starts_with_a_capital_and_a_term_keeps_its_spelling():
    assert str(Refused("FILE_EMPTY")).startswith("The file is empty.")
    assert describe(Issue("TYPE_STATUS_INVALID", "typeStatus", "x")).text.startswith("typeStatus")


def test_long_and_invisible_values_are_fit_for_one_line():
    text = describe(Issue("COUNTRY_INVALID", "country", "a\n\u202eb" + "c" * 200)).text
    assert "a b" in text
    assert "\n" not in text
    assert len(text) < 150


def test_templates_are_translated_before_they_are_filled():
    seen = []

    def translate(text):
        seen.append(text)
        return text.upper().replace("{TERM}", "{term}").replace("{VALUE}", "{value}")

    message = describe(Issue("COUNTRY_INVALID", "country", "Zoo"), translate=translate)
    assert message.text == 'country "Zoo" IS NOT A COUNTRY THAT IS KNOWN HERE.'
    assert all("Zoo" not in text for text in seen)


@pytest.mark.parametrize("code", CODES)
def test_every_code_tells_what_to_do_and_fills_its_template(code):
    fields = {name for _, name, *_ in string.Formatter().parse(CODES[code].message) if name}
    assert fields <= {"term", "value"}
    message = describe(Issue(code, "TERM", "VALUE"))
    assert message.severity == severity(Issue(code)) in ("blocking", "warning")
    assert message.remedy.endswith(".")
    assert "{" not in message.text + message.remedy


def test_refusal_carries_code_file_line_and_words():
    refused = Refused("META_INVALID", "mismatched tag", file="meta.xml", line=7)
    assert (refused.code, refused.file, refused.line) == ("META_INVALID", "meta.xml", 7)
    assert str(refused) == refused.message
    assert refused.message.startswith("meta.xml, line 7, meta.xml can't be read: mismatched tag.")
