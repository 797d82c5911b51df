"""A row of a file may be recognised by several keys, in an order a person sets."""

from django.db import migrations, models


def carry_over(apps, schema_editor):
    for run in apps.get_model("occurrences", "ImportRun").objects.exclude(key=""):
        run.keys = [run.key]
        run.save(update_fields=["keys"])


def carry_back(apps, schema_editor):
    for run in apps.get_model("occurrences", "ImportRun").objects.exclude(keys=[]):
        run.key = run.keys[0][:14]
        run.save(update_fields=["key"])


class Migration(migrations.Migration):
    dependencies = [("occurrences", "0007_entering")]

    operations = [
        migrations.AddField("importrun", "keys", models.JSONField(default=list)),
        migrations.RunPython(carry_over, carry_back),
        migrations.RemoveField("importrun", "key"),
        migrations.AddField(
            "importrun",
            "when_changed",
            models.CharField(
                blank=True,
                choices=[
                    ("", "is a conflict to decide"),
                    ("file", "the file wins"),
                    ("record", "the record stays"),
                ],
                default="",
                max_length=6,
            ),
        ),
        migrations.AddField("importoutcome", "also", models.JSONField(null=True)),
        migrations.AddField("importoutcome", "candidates", models.JSONField(null=True)),
        migrations.AddField("importoutcome", "decision", models.TextField(null=True)),
        migrations.AddField("importoutcome", "late", models.BooleanField(null=True)),
    ]
