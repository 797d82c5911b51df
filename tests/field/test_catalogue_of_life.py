"""Answers of the Catalogue of Life as they were recorded, played by a server on this machine."""

import json
import os
import re
from pathlib import Path

import pytest

from taxonomy import adopting, checklistbank
from taxonomy.catalogue_of_life import look_up
from taxonomy.catalogue_reading import Unreadable, read_match
from taxonomy.evidence import Asked
from taxonomy.models import Taxon
from tests import make
from tests.taxonomy import catalogue_server as server

FOLDER = Path(os.environ.get("FIELD_DATA", "")) / "3-taxonomy/col-api"
pytestmark = [
    pytest.mark.field,
    pytest.mark.django_db,
    pytest.mark.skipif(not os.environ.get("FIELD_DATA"), reason="FIELD_DATA names no folder"),
]


def recordings():
    found = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("checklistbank-*/*.json"))]
    return {answer["original"]["name"]: answer for answer in found}


@pytest.fixture
def recorded(settings, monkeypatch):
    """The service as it was recorded; of any other name it knows nothing."""
    monkeypatch.setattr(checklistbank, "PAUSE", 0)
    played = recordings()
    none = played["Xyzzy abcde"]
    catalogue = server.Catalogue({})
    catalogue.answer = lambda path, p: (200, played.get(p.get("scientificName", ""), none))
    with server.serving(catalogue) as served:
        settings.CATALOGUE_OF_LIFE_URL = served.url
        yield served


def found(name):
    (match,) = look_up([Asked(1, name)])
    return match


def test_recorded_answers_are_read_as_what_they_say(recorded):
    kinds = {name: read_match(answer).kind for name, answer in recordings().items()}
    assert kinds == {
        "Felis concolor": "variant",
        "Prionchulus muscorom": "higherrank",
        "Prionchulus muscorum": "variant",
        "Xyzzy abcde": "none",
    }


def test_recorded_synonym_waits_for_a_person_with_its_accepted_name(recorded):
    match = found("Felis concolor")
    assert (match.state, match.how) == ("review", "no author to tell by")
    (candidate,) = match.candidates
    assert candidate["accepted"] == "Puma concolor (Linnaeus, 1771)"
    assert (candidate["family"], candidate["kingdom"]) == ("Felidae", "Animalia")


def test_recorded_synonym_is_adopted_with_sixteen_ranks_above_it(recorded):
    usage = found("Felis concolor").candidates[0]["usage"]
    taxa = adopting.adopt(make.change_set(kind="cleaning"), [usage])
    taxon = Taxon.objects.get(pk=taxa[usage])
    ranks = []
    above = taxon.accepted
    while above:
        ranks.append(above.rank)
        above = above.parent
    assert " ".join(ranks) == (
        "species genus subfamily family suborder order infraclass subclass class megaclass "
        "parvphylum infraphylum subphylum phylum kingdom domain"
    )
    assert (taxon.kingdom, taxon.family) == ("Animalia", "Felidae")


def test_misspelt_epithet_is_not_taken_for_its_genus(recorded):
    match = found("Prionchulus muscorom")
    assert (match.state, match.chosen) == ("not found", None)
    assert found("Prionchulus muscorum").state == "review"
    assert found("Xyzzy abcde").state == "not found"


def test_answers_of_the_search_are_not_mistaken_for_matches():
    (path,) = FOLDER.glob("colrapi/test_nameusage_rank.yml")
    body = re.search(r"string: '(\{.*\})'", " ".join(path.read_text().split()))
    with pytest.raises(Unreadable):
        read_match(json.loads(body[1].replace("''", "'")))
