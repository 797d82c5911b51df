"""Numbers for what is offered: typed, pasted, or the next free ones; and which of them clash.

They are noted with the offer and become the records' own when these are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from biocollections.models import Person
from journal.jobs import Refused
from occurrences import numbering
from occurrences.drafts import OCCURRENCE
from occurrences.models import Offer, OfferedRecord
from occurrences.offering import OFFERED

State = OfferedRecord.State
LONGEST = 200  # letters of a number
CHUNK = 2000
MOST_AT_ONCE = 5000  # records that get a number while somebody waits
MOST_TOLD = 100


def note(offer: Offer, numbers: Mapping[UUID, str], accessions: Mapping[UUID, str]) -> int:
    """Note catalogue numbers and accession numbers of waiting records; return how many changed."""
    with transaction.atomic():
        return _note(offer, "catalog_number", numbers) + _note(offer, "accession", accessions)


def _note(offer: Offer, column: str, texts: Mapping[UUID, str]) -> int:
    trimmed = [text.strip()[:LONGEST] for text in texts.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {OFFERED} r SET {column} = t.text "
            "FROM unnest(%s::uuid[], %s::text[]) AS t(guid, text) WHERE r.offer_id = %s "
            f"AND r.state = 'waiting' AND r.record_guid = t.guid AND r.{column} <> t.text",
            [list(texts), trimmed, offer.pk],
        )
        return int(cursor.rowcount)


def accession(offer: Offer, text: str) -> int:
    """Note one accession number for all that waits; return how many records."""
    waiting = offer.records.filter(state=State.WAITING)
    return waiting.update(accession=text.strip()[:LONGEST])


def paste(offer: Offer, column: str, after: int = 0) -> int:
    """Give the lines of a column, in their order, to the waiting records from the `after`th on.

    An empty line leaves its record without a number. Raises Refused for more lines than records,
    or than MOST_AT_ONCE.
    """
    lines = [line.strip() for line in column.strip("\r\n").splitlines()]
    if len(lines) > MOST_AT_ONCE:
        raise Refused(_("Paste at most %s numbers at once.") % MOST_AT_ONCE)
    waiting = offer.records.filter(state=State.WAITING).order_by("pk")
    guids = list(waiting.values_list("record_guid", flat=True)[after : after + len(lines)])
    if len(lines) > len(guids):
        told = _("There are %(lines)s numbers and %(records)s records for them.")
        raise Refused(told % {"lines": len(lines), "records": len(guids)})
    return note(offer, dict(zip(guids, lines, strict=True)), {})


def fill_free(offer: Offer, first: str) -> int:
    """Give the free numbers from `first` on to waiting records without one; return how many.

    At most MOST_AT_ONCE: asked again, it goes on. Numbers that stand in the offer already are
    passed over. Raises Refused where `first` has no figures to count on.
    """
    assert offer.collection_id
    blank = offer.records.filter(state=State.WAITING, catalog_number="").order_by("pk")
    guids = list(blank.values_list("record_guid", flat=True)[:MOST_AT_ONCE])
    noted = set(offer.records.exclude(catalog_number="").values_list("catalog_number", flat=True))
    found: list[str] = []
    number = first.strip()
    if not numbering.following(number):
        raise Refused(_("Write a number that ends in figures, such as ARIZ0412345."))
    while len(found) < len(guids):
        some = numbering.free_from(offer.collection_id, number, min(CHUNK, len(guids)))
        if not some:
            raise Refused(_("There are not enough free numbers from %s on.") % first)
        found += [each for each in some if each not in noted]
        number = numbering.following(some[-1])
    return note(offer, dict(zip(guids, found, strict=False)), {})


def clashes(offer: Offer, guids: Sequence[UUID] | None = None) -> list[str]:
    """Return the numbers noted for waiting records (None: all) that can't be theirs, sorted.

    Taken: a record of the receiving collection bears it, or another one of those asked about. At
    most MOST_TOLD of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLASHES,
            {
                "offer": offer.pk,
                "within": offer.collection_id,
                "guids": None if guids is None else list(guids),
                "most": MOST_TOLD,
            },
        )
        return [number for (number,) in cursor.fetchall()]


_CLASHES = f"""
    WITH noted AS (
        SELECT catalog_number AS number, count(*) AS times FROM {OFFERED}
        WHERE offer_id = %(offer)s AND state = 'waiting' AND catalog_number <> ''
        AND (%(guids)s::uuid[] IS NULL OR record_guid = ANY(%(guids)s::uuid[]))
        GROUP BY catalog_number)
    SELECT number FROM noted WHERE times > 1 OR EXISTS (
        SELECT FROM {OCCURRENCE} o
        WHERE o.collection_id = %(within)s AND o.catalog_number = number)
    ORDER BY number LIMIT %(most)s
"""


def taken(offer: Offer, numbers: Any) -> set[str]:
    """Return those of these numbers that records of the receiving collection bear."""
    assert offer.collection_id
    return numbering.taken(offer.collection_id, list(numbers))


def suggestion(offer: Offer, user: Person) -> str:
    """Return the next free number of the receiving collection, after the last `user` gave."""
    assert offer.collection
    return numbering.next_free(offer.collection, user)
