"""Two sides of an offer: who gives records, and who may have them."""

from __future__ import annotations

from typing import Any

from biocollections.models import Collection
from journal import jobs
from journal.models import Job
from occurrences import offering, records
from occurrences.drafts import Draft
from occurrences.models import Occurrence, Offer
from occurrences.offering import Recipient
from tests import make

COPY, TRANSFER = Offer.How.COPY, Offer.How.TRANSFER


class Deal:
    """A collector with three records, and two herbaria that may have them."""

    def __init__(self) -> None:
        self.collector, self.curator = make.user(), make.user()
        self.profile = make.collection(administrator=self.collector, type=Collection.Type.PERSONAL)
        self.arizona = make.collection("ARIZ", administrator=self.curator)
        self.york = make.collection("NY", administrator=self.curator)
        self.records = [
            make.occurrence(
                self.profile,
                record_number=str(5520 + at),
                scientific_name="Quercus alba",
                locality="Ridge",
                duplicate_quantity=4,
            )
            for at in range(3)
        ]

    def offer(self, how: str = TRANSFER, to: Collection | None = None) -> Offer:
        sending = offering.send(
            self.collector,
            self.profile,
            [record.guid for record in self.records],
            [Recipient(how, to or self.arizona)],
        )
        return sending.offers.get()

    def accept(self, offer: Offer, by: Any = None, **given: Any) -> Job:
        job = offering.accept(by or self.curator, offer, **given)
        jobs.run(job.guid)
        offer.refresh_from_db()
        return Job.objects.get(pk=job.pk)

    def add_rows(self, record: Occurrence, rows: list[Any]) -> None:
        draft = Draft(record.guid, self.profile.pk, {}, version=record.version, extension_rows=rows)
        records.write(make.change_set(self.collector, self.profile), [], [draft])
