"""What a start needs: the tables, the static files and, for a demonstration, its records.

`python -m portal.prepare [tables]` does all three, or the tables alone, and may be run any number
of times.
"""

import os
import sys

import django
from django.core.management import call_command, get_commands


def prepare(only_tables: bool = False) -> None:
    """Bring database and static files up to date, and seed the demonstration if this is one."""
    from django.conf import settings

    call_command("migrate", verbosity=0, interactive=False)
    if only_tables:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    if settings.DEMO and "seed_demo" in get_commands():
        call_command("seed_demo")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    prepare(only_tables="tables" in sys.argv[1:])
