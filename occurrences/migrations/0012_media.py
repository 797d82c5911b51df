import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import journal.guids


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("occurrences", "0011_annotation_queue"),
    ]

    operations = [
        migrations.CreateModel(
            name="Media",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "guid",
                    models.UUIDField(default=journal.guids.new_guid, editable=False, unique=True),
                ),
                ("record_guid", models.UUIDField()),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("file_name", models.CharField(blank=True, max_length=300)),
                ("media_type", models.CharField(max_length=40)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("caption", models.TextField(blank=True)),
                ("creator", models.TextField(blank=True)),
                ("rights_holder", models.TextField(blank=True)),
                ("license", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "being prepared"),
                            ("ready", "ready"),
                            ("failed", "cannot be shown"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "indexes": [
                    models.Index(fields=["record_guid", "position"], name="media_of_record")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="occurrence",
            index=models.Index(
                fields=["collection", "decimal_latitude", "decimal_longitude"],
                condition=models.Q(protection=0, decimal_latitude__isnull=False),
                name="occurrence_points",
            ),
        ),
    ]
