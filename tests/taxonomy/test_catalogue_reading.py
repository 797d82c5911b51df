"""Answers of the Catalogue of Life read as its contract says, and nothing more believed."""

import json

import pytest

from taxonomy.catalogue_reading import (
    Unreadable,
    known_as,
    read_match,
    read_synonyms,
    read_vernaculars,
)
from tests.taxonomy.catalogue_server import Catalogue, entries

catalogue = Catalogue(entries())


def answer(name, **parameters):
    status, found = catalogue.answer(
        "/dataset/3LR/match/nameusage", {"scientificName": name, **parameters}
    )
    assert status == 200
    return json.loads(json.dumps(found))


def test_the_accepted_name_of_a_synonym_is_the_first_of_its_classification():
    reading = read_match(answer("Felis concolor"))
    assert (reading.kind, reading.source_ids) == ("variant", ["S1"])
    synonym = reading.usages["S1"]
    assert (synonym["status"], synonym["accepted_source_id"]) == ("synonym", "P1")
    assert synonym["parent_source_id"] == ""
    assert reading.usages["P1"]["parent_source_id"] == "PU"


def test_classification_runs_upwards_and_the_kingdom_is_not_its_end():
    usages = read_match(answer("Puma concolor")).usages
    assert list(usages) == ["P1", "PU", "FE", "CH", "AN", "EU"]
    assert [usages[i]["parent_source_id"] for i in usages] == ["PU", "FE", "CH", "AN", "EU", ""]
    assert [usages[i]["kingdom"] for i in usages] == ["Animalia"] * 5 + [""]
    assert [usages[i]["family"] for i in usages] == ["Felidae"] * 3 + [""] * 3
    assert usages["EU"]["rank"] == "domain"


def test_name_has_no_author_and_the_label_is_not_read():
    usage = read_match(answer("Puma concolor")).usages["P1"]
    assert usage["scientific_name"] == "Puma concolor"
    assert usage["authorship"] == "(Linnaeus, 1771)"


def test_homonyms_come_with_their_alternatives():
    reading = read_match(answer("Oenanthe", verbose="true"))
    assert (reading.kind, reading.source_ids) == ("ambiguous", ["OB", "OP"])
    assert reading.usages["OP"]["kingdom"] == "Plantae"


def test_alternative_without_its_classification_is_set_aside():
    short = Catalogue(entries(), short_alternatives=True)
    asked = {"scientificName": "Oenanthe", "verbose": "true"}
    reading = read_match(short.answer("/dataset/3LR/match/nameusage", asked)[1])
    assert (reading.source_ids, list(reading.bare)) == (["OB"], ["OP"])


@pytest.mark.parametrize("kind", ["exact", "variant", "canonical", "higherrank"])
def test_without_a_match_there_is_none_whatever_the_kind(kind):
    told = answer("Puma concolor") | {"type": kind, "match": False}
    assert read_match(told).kind == "none"


def test_words_of_the_vocabularies_may_be_spelt_otherwise():
    told = answer("Quercus alba") | {"type": "VARIANT"}
    told["usage"]["status"] = "PROVISIONALLY_ACCEPTED"
    told["usage"]["rank"] = "SPECIES"
    reading = read_match(told)
    assert reading.kind == "variant"
    assert reading.usages["Q3"]["status"] == "provisionally accepted"
    assert reading.usages["Q3"]["rank"] == "species"


def test_issues_and_doubt_are_told():
    told = answer("Puma concolor", rank="speciess") | {"doubtfulUsage": {"id": "X"}}
    assert read_match(told).issues == ["rank invalid", "doubtful usage"]


def test_bare_name_can_stand_nowhere():
    assert read_match(answer("Quercus nuda")).source_ids == []


@pytest.mark.parametrize(
    "told",
    [None, [], "no", 5, {}, {"type": 3}, {"type": "guess", "match": True}, {"code": 500}],
)
def test_what_is_no_answer_is_refused(told):
    with pytest.raises(Unreadable):
        read_match(told)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "P1",
        {},
        {"id": "1", "status": "accepted"},
        {"id": "1", "name": "??", "status": "accepted"},
        {"id": "1", "name": "x" * 300, "status": "accepted"},
        {"id": "1", "name": "Puma", "status": "thought of"},
        {"id": "1", "name": "Felis concolor", "status": "synonym"},
        {"id": "1", "name": ["Puma"], "status": "accepted"},
    ],
)
def test_usage_that_can_not_be_kept_is_left_out(usage):
    reading = read_match({"type": "exact", "match": True, "usage": usage})
    assert (reading.source_ids, reading.usages) == ([], {})


def test_synonym_whose_accepted_name_is_not_told_for_sure_is_left_out():
    told = answer("Felis concolor")
    told["usage"]["parentId"] = "PU"
    assert read_match(told).source_ids == []
    told["usage"]["parentId"] = "P1"
    told["usage"]["classification"][0]["status"] = "synonym"
    assert read_match(told).source_ids == []


def test_classification_that_bites_its_tail_ends():
    told = answer("Puma concolor")
    told["usage"]["classification"] += told["usage"]["classification"] + [told["usage"]]
    usages = read_match(told).usages
    assert list(usages) == ["P1", "PU", "FE", "CH", "AN", "EU"]
    assert usages["EU"]["parent_source_id"] == ""


def test_what_a_database_can_not_keep_is_left_out():
    told = answer("Puma concolor")
    told["usage"]["authorship"] = "L\0inn\ud800aeus,\n 1771"
    assert read_match(told).usages["P1"]["authorship"] == "Linnaeus, 1771"


def test_known_name_must_be_found_itself():
    assert known_as(answer("Puma concolor"), "Puma concolor")
    assert known_as(answer("Felis concolor"), "Felis concolor")
    assert not known_as(answer("Puma yagouaroundi"), "Puma yagouaroundi")  # only its genus
    assert not known_as(answer("Quercus alba"), "Puma concolor")
    assert not known_as({"type": "none", "match": False}, "Puma concolor")
    assert not known_as("<html>", "Puma concolor")


def test_synonyms_are_read_from_all_groups_once():
    accepted = {"source_id": "Q3", "kingdom": "Plantae", "family": "Fagaceae"}
    (synonym,) = read_synonyms(catalogue.answer("/dataset/3LR/taxon/Q3/synonyms", {})[1], accepted)
    assert synonym["scientific_name"] == "Quercus minor"
    assert synonym["authorship"] == "(Marshall) Sarg."
    assert (synonym["status"], synonym["accepted_source_id"]) == ("ambiguous synonym", "Q3")
    assert (synonym["kingdom"], synonym["family"]) == ("Plantae", "Fagaceae")


@pytest.mark.parametrize("told", [None, {}, [], "?", {"homotypic": [{"id": "1", "name": "flat"}]}])
def test_synonyms_that_are_none_are_none(told):
    assert read_synonyms(told, {"source_id": "Q3", "kingdom": "", "family": ""}) == []


def test_vernacular_names_are_read_once_each():
    told = [{"name": "Cougar", "language": "eng"}] * 2 + [{"name": "Puma"}, {"language": "eng"}, 3]
    assert read_vernaculars(told) == [("Cougar", "eng"), ("Puma", "")]
