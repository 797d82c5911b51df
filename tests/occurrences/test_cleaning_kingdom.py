"""A collection's kingdom decides homonyms for its own records, and for nobody else's."""

import pytest

from journal.models import ChangeSet
from journal.undo import undo
from occurrences import cleaning
from occurrences.cleaning import Options
from occurrences.models import Occurrence
from taxonomy.models import Checklist, Name, Usage
from taxonomy.spelling import authorship_key, canonical_key, variant_key
from tests import make

pytestmark = pytest.mark.django_db


def listed(name, authorship, kingdom):
    checklist, _made = Checklist.objects.get_or_create(source="Life", state="current")
    key = canonical_key(name)
    Usage.objects.create(
        checklist=checklist,
        source_id=f"{name} {authorship}",
        scientific_name=name,
        authorship=authorship,
        rank="genus",
        status="accepted",
        kingdom=kingdom,
        canonical_key=key,
        variant_key=variant_key(key),
        authorship_key=authorship_key(authorship),
    )


@pytest.fixture
def two():
    """A collection of birds and one of plants, both with an Oenanthe and a Puma of no kingdom."""
    listed("Oenanthe", "Vieillot", "Animalia")
    listed("Oenanthe", "L.", "Plantae")
    listed("Puma", "Jardine", "Animalia")
    person = make.user()
    made = [make.collection(code, administrator=person) for code in ("BIRDS", "PLANTS")]
    for each in made:
        make.occurrences(each, [{"scientific_name": n} for n in ("Oenanthe", "Puma")])
    return made


def look_up(collection, **options):
    person = collection.grants.get().user
    cleaning.run(cleaning.scope_of(person, str(collection.guid)), Options(**options))


def linked(collection):
    records = Occurrence.objects.filter(collection=collection).order_by("scientific_name")
    return [str(each.name.taxon or "") for each in records.select_related("name__taxon")]


def test_kingdom_that_one_collection_states_links_its_own_records_alone(two):
    birds, plants = two
    look_up(birds, kingdom="Animalia")
    assert linked(birds) == ["Oenanthe Vieillot", "Puma Jardine"]
    assert linked(plants) == ["", "Puma Jardine"]
    look_up(plants, kingdom="Plantae")
    assert linked(birds) == ["Oenanthe Vieillot", "Puma Jardine"]
    assert linked(plants) == ["Oenanthe L.", "Puma Jardine"]


def test_undoing_the_run_gives_the_shared_names_back(two):
    birds, _plants = two
    look_up(birds, kingdom="Animalia")
    undo(ChangeSet.objects.get(kind="cleaning"), birds.grants.get().user)
    assert linked(birds) == ["", ""]
    assert not Name.objects.filter(scientific_name="Oenanthe").exclude(collection_id=None).exists()
