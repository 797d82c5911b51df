from django.db import migrations

# RFC 9562 version 7, as journal.guids makes them: rows made by one statement need no round trip.
# PostgreSQL 18 has uuidv7(); 17 has not.
GUID = """
CREATE FUNCTION portal_guid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$ SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid $$
"""


class Migration(migrations.Migration):
    dependencies = [("occurrences", "0002_search")]

    operations = [migrations.RunSQL(GUID, "DROP FUNCTION portal_guid()")]
