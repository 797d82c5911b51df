"""What belongs to a record goes before it: PostgreSQL refuses anything else, at once."""

import pytest
from django.db import IntegrityError, connection

from occurrences.models import ExtensionRow, Identification, Identifier, Occurrence
from tests import make

pytestmark = pytest.mark.django_db


def test_no_table_makes_postgresql_look_twice_for_each_deleted_record():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, confdeltype FROM pg_constraint "
            "WHERE contype = 'f' AND confrelid = 'occurrences_occurrence'::regclass"
        )
        found = dict(cursor.fetchall())
    assert "occurrences_identification" in found
    # "r": at once, once. A new key to records wants what migration 0022 did for the others.
    assert set(found.values()) == {"r"}


def test_a_record_is_not_deleted_while_something_belongs_to_it(herbarium):
    record = make.occurrence(herbarium, identifiers=[("Old", "7")])
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM occurrences_occurrence WHERE id = %s", [record.pk])


def test_django_deletes_what_belongs_to_a_record_before_it(herbarium):
    make.occurrence(herbarium, identifiers=[("Old", "7")], record_security=1, locality="Caborca")
    Occurrence.objects.all().delete()
    for left in (Occurrence, Identification, Identifier, ExtensionRow):
        assert not left.objects.exists()
