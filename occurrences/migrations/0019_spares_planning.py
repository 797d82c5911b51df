from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("occurrences", "0018_offer_entries")]

    operations = [
        migrations.AddField(
            model_name="occurrence",
            name="spares_planning",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Q(("version", 0), ("name", 0), _connector="OR"),
                output_field=models.BooleanField(null=True),
            ),
        ),
    ]
