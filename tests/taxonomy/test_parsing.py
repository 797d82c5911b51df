"""What the parser reads out of a scientific name: clean ones, hard ones, and what is none."""

import io
import json
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.parsing import NOTES, Parsed, parse, parse_many, same_author
from taxonomy.ranks import RANKS


def table(text):
    """Return the rows of a table, its cells stripped."""
    return [[cell.strip() for cell in row.split("|")] for row in text.strip().splitlines()]


NAMES = table(Path(__file__).with_name("hard_names.txt").read_text("utf-8"))[1:]


@pytest.mark.parametrize("row", NAMES, ids=lambda row: row[0])
def test_a_name_is_read_into_its_parts(row):
    name, *parts = row
    found = parse(name)
    told = [found.canonical, found.authorship, found.rank, found.qualifier, found.hybrid]
    assert told == parts
    assert found.verbatim == name
    assert found.quality > 0


NO_NAMES = [
    "", "   ", "?", "n/a", "NULL", "unknown", "Unidentified", "NOT ASSIGNED", "Not known",
    "None recorded", "indet.", "Incertae sedis", "Hipponicidae incertae sedis", "SPECIES", "genus",
    "Abbott's moray eel", "Hypochrys0des Leraut 1981", "PomaTomus", "Melanius:", "12345",
    "Tobacco mosaic virus", "Aeromonas phage 65", "Viroids", "Fungal prions", "Hydra vector",
    "Acidobacteria bacterium", "Candida albicans RNA_CTR0-3", "Allium ampeloprasumphytoplasma",
    "? abrasus Temminck, 1827", "L.", "(L.) Mill.", "Ph-echinodermata", "\x00", "𝔘", "柏", "A²",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_no_name_has_no_canonical_and_quality_0(text):
    found = parse(text)
    assert (found.canonical, found.quality, found.verbatim) == ("", 0, text)
    assert found.notes


@pytest.mark.parametrize(
    ("name", "note", "quality"),
    [
        ("Quercus alba L.", None, 1),
        ("Quercus alba Thunb. ex Mirb.", None, 1),
        ("QUERCUS ALBA", "capitals", 3),
        ("quercus alba", "lower case", 4),
        ("Quеrcus alba", "homoglyphs", 3),  # with a Cyrillic letter
        ("Quercus\u00a0alba", "spaces", 2),
        ("<i>Quercus alba</i>", "markup", 2),
        ("Quercus müllerii", "letters", 2),
        ("Q. alba", "abbreviated genus", 4),
        ("Quercus cf. alba", "qualified", 4),
        ("Quercus alba nom. nud.", "annotation", 3),
        ("Larus argentatus/cachinnans", "unread tail", 4),
        ("Quercus alba ((L.) Mill.", "brackets", 3),
        ("Crematogaster impressa st. brazzai", "rank", 3),
    ],
)
def test_what_is_odd_is_noted_and_takes_from_the_quality(name, note, quality):
    found = parse(name)
    assert found.quality == quality
    assert not found.notes if note is None else note in found.notes


def test_what_cant_be_read_stands_in_the_tail():
    assert parse("Quercus aff. alba L.").tail == "alba L."
    assert parse("Larus argentatus/cachinnans").tail == "argentatus/cachinnans"
    assert parse("Salix alba L. & S. fragilis L.").epithets == ("alba",)


def test_the_genus_the_epithets_the_basionym_and_the_year_stand_apart():
    found = parse("× Aus bus subsp. × cus (L., 1758) Mill. ex Hook. f., 1835")
    assert (found.genus, found.epithets) == ("Aus", ("bus", "cus"))
    assert (found.basionym_authorship, found.year) == ("L., 1758", "1835")
    assert parse("Aus bus (Linnaeus, 1758)").year == "1758"
    assert parse("Aus bus Bruce, 198?").year == ""


@pytest.mark.parametrize(
    ("name", "code", "canonical", "authorship"),
    [
        ("Aus bus Maxim. f. albus T.Yamaz.", "", "Aus bus f. albus", "T.Yamaz."),
        ("Aus bus Hook. f. ex Drake", "", "Aus bus", "Hook.f. ex Drake"),
        ("Aus bus Schedl f. 1935", "zoological", "Aus bus", "Schedl f., 1935"),
        ("Aus bus L. f., Rosenst.", "", "Aus bus", "L.f., Rosenst."),
        ("Aus bus L.f. typica Rosenst.", "", "Aus bus typica", "Rosenst."),
        ("Aus bus L.f. typica Rosenst.", "botanical", "Aus bus f. typica", "Rosenst."),
        ("Aus bus var. cus (Michx. f.) Fernald", "", "Aus bus var. cus", "(Michx.f.) Fernald"),
    ],
)
def test_f_is_a_form_before_an_epithet_and_the_son_behind_an_author(
    name, code, canonical, authorship
):
    found = parse(name, code=code)
    assert (found.canonical, found.authorship) == (canonical, authorship)


def test_the_code_tells_a_subgenus_and_a_trinomial():
    assert parse("Aaleniella (Danocythere)", code="zoological").rank == "subgenus"
    assert parse("Aaleniella (Danocythere)", code="botanical").authorship == "(Danocythere)"
    assert parse("Aus bus cus").rank == "infraspecific name"
    assert parse("Aus bus cus", code="zoological").rank == "subspecies"
    assert parse("Carabidae", code="zoological").rank == "family"
    assert parse("Magnoliidae", code="botanical").rank == ""
    assert parse("Tobacco mosaic virus", code="viral").canonical == "Tobacco mosaic virus"


def test_an_authorship_given_apart_counts():
    assert parse("Quercus alba", "L.").authorship == "L."
    assert parse("Quercus alba L.", "L.") == parse("Quercus alba L.")
    assert parse("Quercus alba L.", "Linnaeus, 1753").authorship == "Linnaeus, 1753"
    assert parse("Poa annua L. subsp. annua", "L.").authorship == "L."
    other = parse("Quercus alba Mill.", "(Torr. & A. Gray) Rydb.")
    assert other.authorship == "(Torr. & A. Gray) Rydb."
    assert other.basionym_authorship == "Torr. & A. Gray"
    assert "two authorships" in other.notes
    assert parse("Quercus alba", "  ") == parse("Quercus alba")
    assert parse("Quercus alba", "###").authorship == ""


SAME = """
L.                   | Linnaeus, 1758
Hook. f.             | Hook.f.
(L.) Mill.           | (Linnaeus) Miller
Mill.                | (L.) Mill.
Nutt. ex Torr.       | Nutt.
Nutt. ex Torr.       | Torrey
Meneghini in Amicis  | Meneghini
(Linnaeus, 1758)     | Linnaeus 1758
Torr. & A. Gray      | Torrey et Gray
Michx.               | Michaux
DC.                  | de Candolle
Müll.Arg.            | Muell. Arg.
Smith, 1900          | Smith, 1901
Souza et al. 2001    | Souza, Lima & Reis, 2001
"""
DIFFERENT = """
L.                   | L.f.
L.                   | Mill.
L.                   | (L.) Mill.
A.Gray               | S.F.Gray
(L.) Mill.           | (Torr.) Mill.
Smith, 1900          | Smith, 1903
Britton & Rose       | Britton
B.                   | Brown
"""


@pytest.mark.parametrize(("one", "other"), table(SAME))
def test_the_same_author_is_known_in_other_spellings(one, other):
    assert same_author(one, other) is same_author(other, one) is True


@pytest.mark.parametrize(("one", "other"), table(DIFFERENT))
def test_two_authors_are_kept_apart(one, other):
    assert same_author(one, other) is same_author(other, one) is False


def test_a_blank_authorship_says_nothing():
    assert same_author("", "L.") is same_author("L.", " ") is same_author("L.", "???") is None


# --- anything ---------------------------------------------------------------------------------

WORDS = st.sampled_from(
    """Quercus Poa alba annua × x X + cf. aff. ? sp. nov. s.l. subsp. var. f. notho L. Mill. (L.) (
    ) & et ex in de von f 1758 , 'Peace' " agg. Group q. Q. virus st.-johnii d'orbi 12-spinosa
    sect. (Quercus) Œ ü * auct. nom. nud. incertae sedis Candidatus BOLD:1 [sic] ; : . - _ <i>
    """.split()
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=9).map(" ".join))
CODES = st.sampled_from(["", "botanical", "zoological", "bacterial", "cultivars"])


@given(TEXTS, CODES)
def test_any_text_is_read_into_what_the_parts_promise(text, code):
    found = parse(text, code=code)
    assert found.verbatim == text
    assert (found.quality == 0) == (found.canonical == "")
    assert found.quality in range(5)
    assert found.rank == "" or found.rank in RANKS
    assert not found.canonical or set(found.notes) <= set(NOTES)
    assert " ".join(found.canonical.split()) == found.canonical


@given(TEXTS, CODES)
def test_a_canonical_name_is_its_own_canonical_name(text, code):
    found = parse(text, code=code)
    if found.canonical and "odd epithet" not in found.notes:
        assert parse(found.canonical, code=code).canonical == found.canonical


@given(TEXTS, TEXTS)
def test_any_two_authorships_can_be_compared(one, other):
    assert same_author(one, other) is same_author(other, one)
    assert parse("Quercus alba", one).canonical == "Quercus alba"


HOSTILE = [
    "a", "Aus ", "× ", "(", "'", "<", "&", "A-", "Aus bus x ", "Aus (", "\u0301", "de ", "dede",
    "L. & ", "f. ", "Aus 'B", "Aus bus \"", "1", "?", "cf. ", "[", ", ", "A.", "var. × ", "Ö",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_ten_megabytes_of_anything_are_read_at_once(piece):
    for text in (
        piece * (10_000_000 // len(piece)),
        "Aus bus " + piece * (10_000_000 // len(piece)),
    ):
        started = time.process_time()
        assert isinstance(parse(text), Parsed)
        assert time.process_time() - started < 0.5


def test_the_time_does_not_grow_faster_than_the_text():
    """As long as a text is read at all: twice the length, about twice the time."""
    for piece in HOSTILE:
        text = "Aus bus " + piece * (990 // len(piece))
        started = time.process_time()
        for _again in range(5):
            parse(text[:990])
        assert time.process_time() - started < 0.5, piece


# --- the command ------------------------------------------------------------------------------


def run(*arguments):
    out = io.StringIO()
    call_command("parse_names", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_tells_an_object_a_line(tmp_path):
    file = tmp_path / "names.txt"
    file.write_bytes(b"\xef\xbb\xbfQuercus cf. alba L.\r\n\nMentha \xc3\x97 piperita\n\xff\n")
    first, blank, hybrid, unreadable = map(json.loads, run(str(file), "--json"))
    assert first == {
        "verbatim": "Quercus cf. alba L.",
        "canonical": "Quercus alba",
        "authorship": "L.",
        "rank": "species",
        "qualifier": "cf.",
        "hybrid": "",
        "quality": 4,
        "notes": ["qualified"],
    }
    assert (blank["verbatim"], blank["quality"], blank["notes"]) == ("", 0, ["blank"])
    assert (hybrid["canonical"], hybrid["hybrid"]) == ("Mentha × piperita", "named")
    assert unreadable["quality"] == 0


def test_the_command_reads_standard_input_into_a_table(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(b"Quercus alba L.\nunknown\n"))
    monkeypatch.setattr("sys.stdin", stream)
    heading, name, nothing = run()
    assert heading.split()[:2] == ["Canonical", "Authorship"]
    assert name.split() == ["Quercus", "alba", "L.", "species", "1"]
    assert nothing.startswith("– unknown")


def test_a_file_that_isnt_there_is_said(tmp_path):
    with pytest.raises(CommandError, match="can't be read"):
        run(str(tmp_path / "none"))


def test_many_names_are_read_in_order():
    assert [found.canonical for found in parse_many(["Aus bus", "", "Cus dus L."])] == [
        "Aus bus",
        "",
        "Cus dus",
    ]
