"""Whatever was done, undoing it step by step leads back through every state."""

import random

import pytest

from darwincore import terms
from journal.undo import undo
from occurrences import protection, records, restoring
from occurrences.models import Occurrence
from occurrences.readers import hash_collection
from tests import make

pytestmark = pytest.mark.django_db

TEXTS = {
    "locality": ["Imuris", "Nogales", None],
    "habitat": ["oak", None],
    "country": ["Mexico", "Brazil", None],
    "scientific_name": ["Quercus emoryi", "Quercus grisea", "Jatropha sp.", None],
    "identified_by": ["Muller", "Spellenberg", None],
    "identification_remarks": ["fruit examined", None],
    "taxon_remarks": ["split lately", None],
    "record_security": [1, 5, 0, None],
    "security_reason": ["rare", None],
    "decimal_latitude": ["33.10", "33.1", None],
    "event_date": ["1932-07-14", "1932", None],
    "information_withheld": ["ask the curator", None],
}


class Doing:
    """One random thing after another, each in a change set of its own."""

    def __init__(self, collection, seed):
        self.collection = collection
        self.chance = random.Random(seed)

    def anything(self):
        """Do something and return its change set."""
        ways = [self.make, self.edit, self.edit, self.edit, self.identify, self.attach, self.delete]
        return self.chance.choice(ways)()

    def some(self):
        guids = self.collection.occurrences.order_by("pk").values_list("guid", flat=True)
        return self.chance.choice(list(guids)) if guids else None

    def values(self, number):
        columns = self.chance.sample(list(TEXTS), number)
        return {column: self.chance.choice(TEXTS[column]) for column in columns}

    def verbatim(self, values):
        names = [terms.BY_COLUMN[column].name for column in values if column in terms.BY_COLUMN]
        return {name: f"as written {self.chance.randrange(3)}" for name in names[:1]}

    def make(self):
        values = self.values(6)
        made = make.draft(self.collection, **values, verbatim=self.verbatim(values))
        return self.write(made, made.values)

    def edit(self):
        guid = self.some()
        if guid is None:
            return self.make()
        draft = self.draft(guid, **self.values(3))
        columns = [column for column in draft.values if column != "basis_of_record"]
        draft.verbatim = self.verbatim(draft.values)
        return self.write(draft, columns)

    def identify(self):
        guid = self.some()
        if guid is None:
            return self.make()
        new = {
            column: self.chance.choice(TEXTS[column])
            for column in ("scientific_name", "identified_by", "identification_remarks")
        }
        new["scientific_name"] = new["scientific_name"] or "Cereus sp."
        draft = self.draft(guid, **new, identifications=[dict(new)])
        return self.write(draft, terms.IDENTIFICATION_COLUMNS)

    def attach(self):
        guid = self.some()
        if guid is None:
            return self.make()
        numbers = [("Accession", str(self.chance.randrange(3)))] * self.chance.randrange(2)
        media = [("http://example.org/Media", {"identifier": str(self.chance.randrange(3))})]
        draft = self.draft(guid, identifiers=numbers, extension_rows=media)
        return self.write(draft, [])

    def delete(self):
        guid = self.some()
        if guid is None:
            return self.make()
        done = make.change_set(within=self.collection, kind="deletion")
        restoring.delete(done, [Occurrence.objects.get(guid=guid).pk])
        return done

    def draft(self, guid, **values):
        version = Occurrence.objects.get(guid=guid).version
        return make.draft(self.collection, guid=guid, version=version, **values)

    def write(self, draft, columns):
        done = make.change_set(within=self.collection)
        assert not records.write(done, columns, [draft]).conflicts
        return done


@pytest.mark.parametrize("seed", range(6))
def test_every_state_comes_back(herbarium, seed):
    doing = Doing(herbarium, seed)
    states, done = [hash_collection(herbarium)], []
    for _step in range(14):
        done.append(doing.anything())
        states.append(hash_collection(herbarium))
        assert protection.audit() == []
    undone = []
    for change_set, before in zip(reversed(done), reversed(states[:-1]), strict=True):
        undone.append(undo(change_set, None))
        assert undone[-1].conflicts == []
        assert hash_collection(herbarium) == before, change_set.kind
        assert protection.audit() == []
    for change_set, after in zip(reversed(undone), states[1:], strict=True):
        assert undo(change_set, None).conflicts == []
        assert hash_collection(herbarium) == after
