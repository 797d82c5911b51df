import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("taxonomy", "0004_epithets")]

    operations = [
        migrations.AlterField(
            model_name="usage",
            name="checklist",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="usages",
                to="taxonomy.checklist",
            ),
        ),
    ]
