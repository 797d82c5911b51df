"""The table of the cache, and existing addresses as confirmed: administrators made those accounts."""

from django.core.management import call_command
from django.db import migrations
from django.db.models.functions import Lower


def make_cache(apps, editor):
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


def confirm_addresses(apps, editor):
    User = apps.get_model("accounts", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    User.objects.exclude(email="").update(email=Lower("email"))
    known = EmailAddress.objects.values("user_id")
    EmailAddress.objects.bulk_create(
        EmailAddress(user_id=pk, email=email, verified=True, primary=True)
        for pk, email in User.objects.exclude(email="")
        .exclude(pk__in=known)
        .values_list("pk", "email")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_accounts"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.RunPython(make_cache, migrations.RunPython.noop),
        migrations.RunPython(confirm_addresses, migrations.RunPython.noop),
    ]
