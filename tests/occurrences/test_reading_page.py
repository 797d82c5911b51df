"""The page "How would this be read?" and the command of the same answers."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from occurrences.views.reading import MOST_LETTERS, TERMS


@pytest.fixture
def ask(client, db):
    return lambda **query: client.get(reverse("occurrences:reading"), query)


def test_page_tells_what_each_line_says_and_what_to_look_at(ask):
    page = ask(term="eventDate", text="14.vii.1932\n\n5/7/1932").text
    assert "1932-07-14" in page
    assert "can mean two days" in page
    assert page.count('<th scope="row">') == 2


@pytest.mark.parametrize("term", TERMS)
def test_every_term_of_the_page_can_be_read(ask, term):
    page = ask(term=term, text="12\n<b>x</b>")
    assert page.status_code == 200
    assert "<b>x</b>" not in page.text


def test_page_without_a_question_and_with_a_bad_one(ask):
    assert "<table" not in ask().text
    assert "Type a date" in ask(term="eventDate", text="").text
    assert "<table" not in ask(term="eventDate", text="x" * (MOST_LETTERS + 1)).text
    assert "<table" not in ask(term="locality", text="12").text


def read(term, text, tmp_path, *options):
    file, out = tmp_path / "texts.txt", io.StringIO()
    file.write_text(text, encoding="utf-8")
    call_command("interpret", term, str(file), *options, stdout=out)
    return out.getvalue()


def test_command_answers_each_line_with_an_object(tmp_path):
    lines = read("EVENTDATE", "14.vii.1932\n\n14.vii.32\n", tmp_path, "--json").splitlines()
    first, blank, doubtful = map(json.loads, lines)
    assert first["verbatim"] == "14.vii.1932"
    assert first["values"]["eventDate"] == "1932-07-14"
    assert (first["precision"], first["issues"]) == ("day", [])
    assert blank == {"verbatim": "", "values": {}, "precision": None, "issues": []}
    assert doubtful["values"] == {}
    assert doubtful["issues"] == ["DATE_TWO_DIGIT_YEAR"]


def test_object_stands_on_one_line_whatever_ends_a_line_elsewhere(tmp_path):
    text = "1999\x85x\u2028y\u2029z\x0cä\x1c"
    (line,) = read("locality", text, tmp_path, "--json").splitlines()
    assert json.loads(line)["verbatim"] == text


@pytest.mark.parametrize("ends_early", [False, True])
def test_command_ends_without_a_traceback(tmp_path, ends_early):
    (tmp_path / "texts.txt").write_text("México\n" * 20_000, encoding="utf-8")
    command = [sys.executable, "manage.py", "interpret", "country", str(tmp_path / "texts.txt")]
    running = subprocess.Popen(
        [*command, "--json"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert "México" in running.stdout.readline().decode()
    if ends_early:
        running.stdout.close()
        told = running.stderr.read()
        running.wait()
    else:
        _lines, told = running.communicate()
    assert (running.returncode, told) == (0, b"")


@pytest.mark.parametrize(
    ("term", "text", "values", "precision", "issues"),
    [
        ("decimalLatitude", "33.10", '"decimalLatitude": 33.10', "0.01 degrees", []),
        ("decimalLatitude", "34°25'S", '"decimalLatitude": -34.4167', "0.0167 degrees", []),
        ("decimalLongitude", "195", "", None, ["COORDINATE_OUT_OF_RANGE"]),
        ("decimalLongitude", "12 O", "", None, ["COORDINATE_HEMISPHERE_AMBIGUOUS"]),
        ("verbatimLatitude", "33.10", "", None, ["COORDINATE_HEMISPHERE_MISSING"]),
        ("verbatimCoordinates", "11S 363600 3804800", "", None, ["COORDINATE_ZONE_AMBIGUOUS"]),
        ("verbatimCoordinates", "T12N R4E sec. 5", "", None, ["COORDINATE_INVALID"]),
        ("verbatimElevation", "3300", "", None, ["ELEVATION_UNIT_MISSING"]),
        ("verbatimElevation", "1200-1300 m", '"minimumElevationInMeters": 1200', "range", []),
        ("verbatimDepth", "10 fathoms", '"minimumDepthInMeters": 18', "1 fathom", []),
        ("country", "Siam", '"countryCode": "TH"', None, ["COUNTRY_HISTORIC"]),
        ("stateProvince", "Sonora", '"stateProvince": "Sonora"', None, []),
    ],
)
def test_command_reads_a_term_by_itself(tmp_path, term, text, values, precision, issues):
    line = read(term, text, tmp_path, "--json")
    assert values in line
    told = json.loads(line)
    assert (told["precision"], told["issues"]) == (precision, issues)
    assert bool(told["values"]) == bool(values)


def test_command_says_it_in_words(tmp_path):
    said = read("verbatimElevation", "3300 ft.\nhigh\n", tmp_path)
    assert "minimumElevationInMeters = 1006" in said
    assert "nothing is read from it" in said


def test_command_refuses_a_term_that_is_none(tmp_path):
    with pytest.raises(CommandError, match="colour"):
        read("colour", "red", tmp_path)
