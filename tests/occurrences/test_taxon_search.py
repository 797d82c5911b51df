"""A search for a taxon finds its records under every name, and those of all below it."""

import pytest
from django.http import QueryDict

from occurrences.models import Occurrence
from occurrences.search import SearchCriteria, apply
from occurrences.templatetags.taxa import compared, taxon_of, taxon_records
from taxonomy import thesaurus
from taxonomy.models import VernacularName
from tests import make
from tests.cast import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def oaks(herbarium):
    """An oak with a synonym and a common name, in a genus and a family; and records."""
    family = make.taxon("Fagaceae", rank="family")
    genus = make.taxon("Quercus", "L.", rank="genus", parent=family)
    alba = make.taxon("Quercus alba", "L.", parent=genus)
    candida = make.taxon("Quercus candida", "Steud.", accepted=alba)
    VernacularName.objects.create(taxon=alba, name="White Oak", language="en")
    names = ("Quercus alba", "Quercus candida", "Quercus rubra", "Fagus alba")
    make.occurrences(herbarium, [{"scientific_name": name} for name in names])
    return {"family": family, "genus": genus, "alba": alba, "candida": candida}


def found(user, text):
    query = QueryDict(mutable=True)
    query["taxon"] = text
    records = apply(Occurrence.objects.visible_to(user), SearchCriteria.from_query(query))
    return sorted(records.values_list("scientific_name", flat=True))


@pytest.mark.parametrize(
    "text",
    ["Quercus alba", "quercus ALBA", "Quercus alba L.", "Quercus candida", "white oak", "{alba}"],
)
def test_any_name_of_a_taxon_finds_it_under_every_name(visitor, oaks, text):
    text = text.format(alba=oaks["alba"].guid)
    assert found(visitor, text) == ["Quercus alba", "Quercus candida"]


@pytest.mark.parametrize("text", ["Quercus minor", "Quercus alba", "{minor}"])
def test_a_merged_taxon_is_found_as_what_it_was_merged_into(visitor, oaks, herbarium, text):
    minor = make.taxon("Quercus minor", parent=oaks["genus"])
    make.occurrence(herbarium, scientific_name="Quercus minor")
    with thesaurus.editing(None, "the same oak") as change_set:
        thesaurus.merge(change_set, minor, oaks["alba"])
    both = ["Quercus alba", "Quercus candida", "Quercus minor"]
    assert found(visitor, text.format(minor=minor.guid)) == both


def test_a_higher_taxon_finds_all_below_it(visitor, oaks):
    assert found(visitor, "Fagaceae") == ["Quercus alba", "Quercus candida"]
    assert found(visitor, str(oaks["genus"].guid)) == ["Quercus alba", "Quercus candida"]


def test_names_that_are_not_linked_are_found_as_they_are_written(visitor, oaks):
    assert found(visitor, "Quercus rubra") == ["Quercus rubra"]
    assert found(visitor, "Quercus") == ["Quercus alba", "Quercus candida", "Quercus rubra"]
    assert found(visitor, "Fagus*, white oak") == ["Fagus alba", "Quercus alba", "Quercus candida"]


def test_a_name_as_written_is_found_by_its_own_guid_alone(visitor, oaks):
    record = Occurrence.objects.get(scientific_name="Quercus alba")
    assert found(visitor, str(record.name.guid)) == ["Quercus alba"]
    assert found(visitor, "01a1fc7d-5258-7010-b3f4-94e3a5915db7") == []


def test_a_search_by_synonym_is_not_one_by_epithet(visitor, oaks):
    assert "Fagus alba" not in found(visitor, "Quercus candida")


def test_the_page_calls_a_guid_by_its_name(visitor, oaks):
    page = client_of(visitor).get("/occurrences/", {"taxon": str(oaks["alba"].guid)})
    assert "Quercus alba L." in page.content.decode()


def test_counts_cover_what_lies_below_and_what_the_reader_may_see(
    herbarium, visitor, editor, oaks, django_assert_max_num_queries
):
    make.occurrence(herbarium, scientific_name="Quercus alba", record_security=5)
    taxa = [oaks["family"], oaks["alba"], oaks["candida"]]
    with django_assert_max_num_queries(1):
        counts = taxon_records({"user": visitor}, taxa)
    assert counts == {taxa[0].pk: 2, taxa[1].pk: 2, taxa[2].pk: 1}
    assert taxon_records({"user": editor}, taxa)[taxa[0].pk] == 3


def test_the_record_page_tells_the_accepted_name_synonyms_and_classification(visitor, oaks):
    record = Occurrence.objects.get(scientific_name="Quercus candida")
    told = taxon_of(record)
    assert (told["accepted"], told["taxon"]) == (oaks["alba"], oaks["candida"])
    assert told["classification"] == [oaks["family"], oaks["genus"]]
    assert list(told["synonyms"]) == [oaks["candida"]]
    page = client_of(visitor).get(record.get_absolute_url()).content.decode()
    assert "Accepted name" in page and "Fagaceae" in page
    plain = Occurrence.objects.get(scientific_name="Quercus rubra")
    assert taxon_of(plain) is None
    assert (
        "In the thesaurus" not in client_of(visitor).get(plain.get_absolute_url()).content.decode()
    )


def test_letters_that_differ_are_marked_and_text_is_escaped():
    assert compared("Quercus alba", "Quercus albba").count("<del>") == 1
    assert compared("Quercus alba", "Qercus alba") == (
        '<span class="sci compared">Q<ins>u</ins>ercus alba</span>'
    )
    assert "<b>" not in compared("<b>", "a")
