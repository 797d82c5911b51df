"""Give each grant a public identity, so that it has an address and a history."""

from typing import Any

from django.db import migrations, models

import journal.guids


def name_grants(apps: Any, schema_editor: Any) -> None:
    """Give the grants that are there a GUID each."""
    for grant in apps.get_model("collections", "Grant").objects.filter(guid=None).only("pk"):
        type(grant).objects.filter(pk=grant.pk).update(guid=journal.guids.new_guid())


class Migration(migrations.Migration):
    dependencies = [("collections", "0001_initial")]

    operations = [
        migrations.AddField("grant", "guid", models.UUIDField(null=True, editable=False)),
        migrations.RunPython(name_grants, migrations.RunPython.noop),
        migrations.AlterField(
            "grant",
            "guid",
            models.UUIDField(default=journal.guids.new_guid, unique=True, editable=False),
        ),
    ]
