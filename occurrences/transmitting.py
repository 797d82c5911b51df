"""The transmittal of an offer: a letter with the packing list, and the same list as CSV.

It travels with the sheets, through hands that nobody chose, so it says what anybody may read of a
record and never a withheld place, not even to the sender.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from biocollections.models import Collection, Person
from darwincore.guarding import guarded
from journal import jobs
from journal.jobs import Progress, Refused, work
from occurrences import letter_pdf, receiving
from occurrences.label_design import COMPOSED, Item
from occurrences.label_text import Run, said
from occurrences.letter_pdf import Letter
from occurrences.models import (
    LabelRun,
    Occurrence,
    Offer,
    OfferedRecord,
    PendingName,
    Protection,
    Transmittal,
)

CHUNK = 1000
AT_ONCE = 500  # sheets of a list that is made while somebody waits; a longer one is a job's
JOB = "transmittal"

# Column of the list: (heading, field as labels say it, share of the width).
_COLUMNS: Final = (
    ("catalog_number", 0.17),
    ("name", 0.27),
    ("collected", 0.23),
    ("date", 0.11),
    ("region", 0.22),
)
_READ: Final = sorted(
    {
        "catalog_number",
        *(
            column
            for field, _share in _COLUMNS
            if field in COMPOSED
            for column in COMPOSED[field][1]
        ),
    }
)


def _heading(field: str) -> str:
    headings = {
        "catalog_number": _("Catalog Number"),
        "name": _("Scientific Name"),
        "collected": _("Collector and number"),
        "date": _("Date"),
        "region": _("Place"),
    }
    return headings[field]


# --- what is on the list --------------------------------------------------------------------------


def offered(offer: Offer) -> QuerySet[OfferedRecord]:
    """Return what the parcel is to hold: all of the offer that wasn't withdrawn."""
    return OfferedRecord.objects.filter(offer=offer).exclude(state=OfferedRecord.State.WITHDRAWN)


def listed(offer: Offer, user: Person) -> Iterator[tuple[UUID, Mapping[str, Any]]]:
    """Yield (GUID, open values by column) of what stands on the list, as it was offered.

    That is what `user` may see, without what is wholly protected, or may be so by a rule that
    hasn't been through it. A few are in memory at a time.
    """
    last = 0
    rows = offered(offer).order_by("pk").values_list("pk", "record_guid")
    while some := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = some[-1][0]
        guids = [guid for _pk, guid in some]
        seen = _without_hidden(receiving.records_of(user, offer, guids))
        found = {row["guid"]: row for row in seen.values("guid", "protection", *_READ)}
        yield from ((guid, found[guid]) for guid in guids if guid in found)


def _without_hidden(records: QuerySet[Occurrence]) -> QuerySet[Occurrence]:
    pending = PendingName.objects.values("name")
    records = records.exclude(name__in=pending, protection__lt=Protection.PLACE)
    return records.exclude(protection=Protection.WHOLE)


def _cells(values: Mapping[str, Any]) -> list[list[Run]]:
    cells = [said(values, Item(field), "words") for field, _share in _COLUMNS]
    if values["protection"] != Protection.OPEN:
        blank = [Run(" ", "")] if cells[-1] else []
        cells[-1] = [*cells[-1], *blank, Run(_("(place withheld)"), "i")]
    return cells


# --- PDF ------------------------------------------------------------------------------------------


def transmittal_pdf(offer: Offer, user: Person) -> bytes:
    """Return the transmittal as PDF, as far as `user` may see the records."""
    stream = io.BytesIO()
    _write(offer, user, stream)
    return stream.getvalue()


def _write(offer: Offer, user: Person, stream: IO[bytes], progress: Progress | None = None) -> int:
    def rows() -> Iterator[list[list[Run]]]:
        for number, (_guid, values) in enumerate(listed(offer, user), 1):
            yield _cells(values)
            if progress and number % 100 == 0:
                progress.report(number)

    number, _lacking = letter_pdf.write(letter(offer), rows(), _paper(user), stream)
    return number


def letter(offer: Offer) -> Letter:
    """Return what stands above the list."""
    sending = offer.sending
    day = sending.sent_on or timezone.localtime(sending.made_at).date()
    facts = [
        (_("Date sent"), formats.date_format(day, "Y-m-d")),
        (_("Kind"), f"{sending.get_kind_display()} ({offer.get_how_display()})"),
        (_("Records"), f"{offered(offer).count():,}"),
        (_("Boxes"), f"{sending.boxes:,}" if sending.boxes is not None else ""),
        (_("Sheets"), f"{sending.sheets:,}" if sending.sheets is not None else ""),
        (_("Permit numbers"), sending.permits),
    ]
    recipient = _address(offer.collection) if offer.collection else [offer.outside]
    return Letter(
        title=_("Transmittal of specimens"),
        sender=_address(sending.collection, str(sending.user or "")),
        recipient=recipient,
        facts=[(name, value) for name, value in facts if value],
        message=sending.message,
        address=f"{settings.SITE_URL}{offer.get_absolute_url()}",
        number=offered(offer).count(),
        reference=f"{settings.SITE_URL}{offer.get_absolute_url()}",
        columns=[(_heading(field), share) for field, share in _COLUMNS],
    )


def _address(collection: Collection, person: str = "") -> list[str]:
    """Return the lines of a postal address, as far as it is known."""
    lines = [person, str(collection)]
    at = collection.institution
    if at:
        town = " ".join(filter(None, (at.postal_code, at.city)))
        region = ", ".join(filter(None, (town, at.state_province, at.country)))
        lines += [at.name, *at.address.splitlines(), region, at.email]
    return [line.strip() for line in lines if line.strip()]


def _paper(user: Person) -> str:
    """Return the paper that this person prints on: that of his last labels."""
    last = LabelRun.objects.filter(user_id=user.pk or 0).first()
    return "a4" if last and last.design.get("paper") == "a4" else "letter"


# --- CSV ------------------------------------------------------------------------------------------


def table(offer: Offer, user: Person) -> Iterator[str]:
    """Yield the packing list as CSV, safe to open as a spreadsheet, in blocks of lines."""
    names = [_heading(field) for field, _share in _COLUMNS]
    yield "\ufeff" + _lines([[_("Number"), *names, "GUID"]])
    block: list[list[Any]] = []
    for number, (guid, values) in enumerate(listed(offer, user), 1):
        texts = ("".join(run.text for run in cell) for cell in _cells(values))
        block.append([number, *map(guarded, texts), guid])
        if len(block) == CHUNK:
            yield _lines(block)
            block = []
    yield _lines(block)


def _lines(rows: list[list[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


# --- many sheets: a job ---------------------------------------------------------------------------


def is_long(offer: Offer) -> bool:
    """Tell whether the list takes longer than somebody waits."""
    return offered(offer).count() > AT_ONCE


def of(offer: Offer, user: Any) -> Transmittal | None:
    """Return what this person has had made of a long list, or is having made."""
    return Transmittal.objects.select_related("job").filter(offer=offer, user=user).first()


def is_ready(made: Transmittal | None) -> bool:
    """Tell whether the file stands, and still shows no more than its person may see."""
    if not (made and made.finished_at and made.file):
        return False
    return bool(made.standing == standing(made.offer, made.user))


def standing(offer: Offer, user: Person) -> dict[str, Any]:
    """Return what the file depends on: how many records he may see, and how many of them whole."""
    guids = offered(offer).values("record_guid")
    found = _without_hidden(Occurrence.objects.visible_to(user).filter(guid__in=guids))
    return {
        "public": offer.sending.collection.is_public,
        "offered": offered(offer).count(),
        "seen": found.count(),
        "open": found.filter(protection=Protection.OPEN).count(),
    }


def start(offer: Offer, user: Any) -> Transmittal:
    """Have the PDF of a long list made; the one this person had before goes."""
    with transaction.atomic():
        made, _new = Transmittal.objects.get_or_create(offer=offer, user=user)
        if made.file:
            made.file.delete(save=False)
        made.finished_at = None
        made.job = jobs.start(JOB, f"{offer.guid} {user.pk}", user, options={"made": made.pk})
        made.save()
    return made


@work(JOB)
def make(progress: Progress) -> dict[str, Any]:
    """Make the file of the transmittal that the job's options name."""
    found = Transmittal.objects.select_related("offer__sending__collection__institution", "user")
    made = found.get(pk=progress.job.options["made"])
    if not Offer.objects.visible_to(made.user).contains(made.offer):
        raise Refused(_("This offer is no longer open to you."))
    before = standing(made.offer, made.user)
    progress.report(0, before["offered"], _("Writing the packing list"))
    with NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        rows = _write(made.offer, made.user, file, progress)  # type: ignore[arg-type]
        file.flush()
        file.seek(0)
        if made.file:
            made.file.delete(save=False)
        made.file.save(f"{made.offer.guid}.pdf", File(file), save=False)
    made.standing, made.finished_at = before, timezone.now()
    made.save(update_fields=["file", "standing", "finished_at"])
    return {"rows": rows}
