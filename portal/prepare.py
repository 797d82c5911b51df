"""What a start needs: the tables, the static files and, for a demonstration, its records.

`python -m portal.prepare [tables]` does all three, or the tables alone, and may be run any number
of times.
"""

import hashlib
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command, get_commands


def prepare(only_tables: bool = False) -> None:
    """Bring database and static files up to date, and seed the demonstration if this is one."""
    from django.conf import settings

    call_command("migrate", verbosity=0, interactive=False)
    if only_tables:
        return
    collect_static_files()
    if settings.DEMO and "seed_demo" in get_commands():
        call_command("seed_demo")


def collect_static_files() -> None:
    """Collect and compress the static files, unless none has changed since the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]["BACKEND"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp = settings.STATIC_ROOT / "collected.txt"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(digest.hexdigest())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    prepare(only_tables="tables" in sys.argv[1:])
