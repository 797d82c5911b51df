"""Let PostgreSQL look once, not twice, for what still belongs to a record that is deleted."""

from typing import ClassVar

from django.db import migrations

# NO ACTION, as Django makes it, looks for each deleted record and each table at the end of the
# transaction, and first whether a record with this key is back: half the time of undoing an import.
# `occurrences.deleting` and Django delete children before their record, so looking at once will do.
CHANGE = """
DO $$
DECLARE each record;
BEGIN
    FOR each IN
        SELECT conrelid::regclass AS child, conname AS name, pg_get_constraintdef(oid) AS said
        FROM pg_constraint
        WHERE contype = 'f' AND confrelid = 'occurrences_occurrence'::regclass
            AND confdeltype = '{old}'
    LOOP
        EXECUTE format(
            'ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
            each.child, each.name, each.name, replace(each.said, '{given}', '{wanted}'));
    END LOOP;
END $$
"""
PLAIN, AT_ONCE = " DEFERRABLE", " ON DELETE RESTRICT DEFERRABLE"


class Migration(migrations.Migration):
    dependencies: ClassVar = [("occurrences", "0021_origins_of_originals")]

    operations: ClassVar = [
        migrations.RunSQL(
            CHANGE.format(old="a", given=PLAIN, wanted=AT_ONCE),
            CHANGE.format(old="r", given=AT_ONCE, wanted=PLAIN),
        )
    ]
