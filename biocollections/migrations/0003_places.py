"""Make the tables of the gazetteer."""

import django.db.models.deletion
import django.utils.timezone
import journal.guids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0002_grant_guid"),
        ("journal", "0002_job_options"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gazetteer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.UUIDField(default=journal.guids.new_guid)),
                ("iso", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="Place",
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
                ("code", models.CharField(max_length=120, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("country", "Country"),
                            ("state_province", "State/Province"),
                            ("county", "County"),
                        ],
                        max_length=14,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="within",
                        to="collections.place",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PlaceFile",
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
                ("file", models.FileField(blank=True, max_length=300, upload_to="places/%Y/%m/")),
                ("name", models.CharField(max_length=300)),
                ("counts", models.JSONField(default=dict)),
                ("problems", models.JSONField(default=list)),
                ("refusal", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "change_set",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="journal.changeset",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="journal.job",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PlaceName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("name", "Name"),
                            ("variant", "Variant"),
                            ("abbreviation", "Abbreviation"),
                        ],
                        max_length=12,
                    ),
                ),
                ("language", models.CharField(blank=True, default="", max_length=8)),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="names",
                        to="collections.place",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "country"), ("parent", None)),
                    models.Q(
                        models.Q(("kind", "country"), _negated=True), ("parent__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="place_lies_somewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="placename",
            constraint=models.UniqueConstraint(fields=("place", "text"), name="place_name_once"),
        ),
    ]
