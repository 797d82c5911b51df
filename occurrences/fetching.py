"""A file fetched from a web address into an import run, in the words of the person who wants it."""

from __future__ import annotations

import hashlib
import tempfile
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from biocollections.models import Collection
from darwincore import retrieving
from darwincore.retrieving import Fetched, Limits, NotFetched, archive_of
from journal.jobs import Progress, Refused
from occurrences.models import ImportRun

__all__ = ["archive_of", "fetch", "order", "problem"]

LIMITS = Limits(size=1024**3, seconds=3600.0)

_PROBLEMS = {
    "ADDRESS": gettext_noop(
        "“%(url)s” is no web address. Write one such as https://ipt.example.org/archive.do?r=name."
    ),
    "SCHEME": gettext_noop(
        "Files are fetched by http and https only, not by “%(scheme)s”. Download the file and "
        "upload it here."
    ),
    "PRIVATE": gettext_noop(
        "%(host)s is an address inside a private network, where this portal fetches nothing. "
        "Download the file and upload it here."
    ),
    "UNKNOWN_HOST": gettext_noop(
        "There is no server named %(host)s. Check the address for a mistake in typing."
    ),
    "UNREACHABLE": gettext_noop(
        "%(host)s can't be reached (%(reason)s). Try again later, or ask those who run it."
    ),
    "TLS": gettext_noop(
        "%(host)s can't prove that it is %(host)s (%(reason)s). Ask those who run it to renew "
        "its certificate, or download the file and upload it here."
    ),
    "SLOW": gettext_noop(
        "%(host)s answers too slowly, and was given up. Try again later, or download the file and "
        "upload it here."
    ),
    "LONG": gettext_noop(
        "%(host)s took longer than %(minutes)s minutes, and was given up. Download the file and "
        "upload it here."
    ),
    "STATUS": gettext_noop(
        "%(host)s answers: %(status)s %(reason)s. Open the address in a browser, and correct it."
    ),
    "REDIRECTS": gettext_noop(
        "The address leads on more than %(most)s times. Use the one where it ends."
    ),
    "DOWNGRADE": gettext_noop(
        "%(host)s leads from a secure address to an insecure one. Use the address where it ends, "
        "if you trust it."
    ),
    "SIZE": gettext_noop(
        "The file is larger than %(size)s, the most that is fetched. Split it into several."
    ),
    "CUT_OFF": gettext_noop("%(host)s broke off in the middle of the file. Try again later."),
    "EMPTY": gettext_noop("%(host)s answers with an empty file."),
    "PAGE": gettext_noop(
        "There is a web page at %(url)s, not a file. Open it in a browser, and copy the address "
        "behind its download link."
    ),
    "ENCODING": gettext_noop(
        "The file comes packed in a way that is not understood (%(encoding)s). Download it and "
        "upload it here."
    ),
}


def problem(trouble: NotFetched) -> str:
    """Return why nothing came, and what to do."""
    values = dict(trouble.values)
    if "most" in values and trouble.code == "SIZE":
        values["size"] = filesizeformat(str(values["most"]))
    if "seconds" in values:
        values["minutes"] = round(float(str(values["seconds"])) / 60)
    return _(_PROBLEMS[trouble.code]) % values


def order(collection: Collection, user: Any, url: str) -> ImportRun:
    """Return a new run whose file stands at `url`; its staging fetches it first.

    A page about a resource of an IPT, or about a collection of a Symbiota portal, is turned into
    the address of its archive. Raises Refused for what is no web address.
    """
    origin = archive_of(url)
    try:
        retrieving.must_be_fetchable(origin)
    except NotFetched as trouble:
        raise Refused(problem(trouble)) from None
    run = ImportRun(collection=collection, user=user, origin=origin, file_name=origin[:300])
    run.save()
    return run


def fetch(run: ImportRun, progress: Progress | None = None) -> None:
    """Keep the file that stands at the run's origin as the run's file.

    Does nothing when it is there already. Raises Refused, with the reason in words.
    """
    if run.file or not run.origin:
        return
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        try:
            came = retrieving.retrieve(run.origin, file, LIMITS, _teller(progress))
        except NotFetched as trouble:
            raise Refused(problem(trouble)) from None
        file.flush()
        _keep(run, file, came)


def _teller(progress: Progress | None) -> retrieving.Told:
    def told(came: int, length: int | None) -> None:
        if progress:
            progress.report(came, length or 0, _("Fetching the file"))

    return told


def _keep(run: ImportRun, file: IO[bytes], came: Fetched) -> None:
    file.seek(0)
    run.file_sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    run.file_name, run.file_size = _file_name(file, came)[:300], came.size
    run.file.save(f"{run.guid}", File(file), save=False)
    run.save(update_fields=["file", "file_name", "file_size", "file_sha256"])


def _file_name(file: IO[bytes], came: Fetched) -> str:
    """Return a name that tells what the file is, even where the address ends in "archive.do"."""
    stem, dot, ending = came.name.rpartition(".")
    packed = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if packed and ending.lower() not in ("zip", "xlsx", "ods"):
        return f"{stem if dot else ending}.zip"
    if not packed and ending.lower() in ("php", "do", "aspx", "jsp"):
        return f"{stem}.csv"
    return came.name
