"""The demonstration: people anybody may be, their collections, and some thousand records.

All of it is invented except the names of plants, animals and towns. `seed` fills an empty portal;
it does nothing where the demonstration stands already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import addresses
from biocollections.founding import found_collection
from biocollections.granting import grant
from biocollections.models import Collection, Contact, Institution, Role
from darwincore import terms
from darwincore.interpret import identifiers, interpret, interpret_identification
from journal.guids import new_guid
from journal.models import ChangeSet
from occurrences import ferrer, generator, gomez, offering, records
from occurrences.drafts import Draft
from occurrences.gomez import Sheet
from occurrences.models import Occurrence, Offer
from occurrences.offering import Recipient
from occurrences.scenery import SCENES
from taxonomy import demo as thesaurus

RECORDS = 3300  # besides those of L. Gómez
REASON = "Demonstration"
PASSWORD = "holotype-demo"  # noqa: S105  printed on the sign-in page
CHUNK = 500


class DemoAccount(NamedTuple):
    """A person with one-click sign-in: a role, and what to try in it."""

    username: str
    password: str
    full_name: str
    role: str | Promise
    try_this: str | Promise


DEMO_ACCOUNTS = [
    DemoAccount(
        "manager",
        PASSWORD,
        "Marta Olvera",
        _("Collection manager"),
        _("Import a file with mistakes in it, and answer the offer of a collector."),
    ),
    DemoAccount(
        "editor",
        PASSWORD,
        "Esteban Rivas",
        _("Data editor"),
        _("Correct a record of L. Gómez, look at its history, and undo."),
    ),
    DemoAccount(
        "collector",
        PASSWORD,
        "Lucía Ferrer",
        _("Collector with a personal profile"),
        _("Keep your own observations, and see what became of those you offered."),
    ),
    DemoAccount(
        "researcher",
        PASSWORD,
        "Nadia Haddad",
        _("Researcher without a role"),
        _("Search, and see what of a protected cactus is redacted."),
    ),
    DemoAccount(
        "taxonomist",
        PASSWORD,
        "Irene Castañeda",
        _("Taxonomy editor"),
        _("Walk through the thesaurus, make a name a synonym, and take it back."),
    ),
    DemoAccount(
        "admin",
        PASSWORD,
        "Paul Adler",
        _("Portal administrator"),
        _("Administer the portal, and find that its records are not yours to change."),
    ),
]


class DemoCollection(NamedTuple):
    """A collection to be: who keeps it, what it says, and its share of the generated records."""

    code: str
    institution: str
    administrator: str
    editors: tuple[str, ...]
    scene: str
    share: float
    fields: dict[str, Any]


INSTITUTIONS = {
    "HUD": {
        "name": "Universidad del Desierto",
        "city": "Hermosillo",
        "state_province": "Sonora",
        "country": "Mexico",
    },
    "OCO": {
        "name": "Ocotillo Museum of Natural History",
        "city": "Tucson",
        "state_province": "Arizona",
        "country": "United States",
    },
    "SAI": {
        "name": "Sierra Azul Institute",
        "city": "Oaxaca de Juárez",
        "state_province": "Oaxaca",
        "country": "Mexico",
    },
}
COLLECTIONS = [
    DemoCollection(
        "HUD",
        "HUD",
        "manager",
        ("editor",),
        "herbarium",
        0.35,
        {
            "name": "Herbario de la Universidad del Desierto",
            "category": "Plants",
            "public_edits": True,
            "latitude": "29.081",
            "longitude": "-110.963",
            "description": (
                "Plants of northwestern Mexico since 1894, among them the first set of "
                "L. Gómez. An invented herbarium: nothing here can be borrowed."
            ),
            "accepting_how": (
                "One label with each sheet, and the collecting permit. We barcode on arrival; ask "
                "before you send more than 500."
            ),
            "accepting_contact": "Marta Olvera, manager@demo.example",
        },
    ),
    DemoCollection(
        "OCO-Plants",
        "OCO",
        "curator",
        (),
        "herbarium",
        0.25,
        {
            "name": "Ocotillo Museum Herbarium",
            "category": "Plants",
            "latitude": "32.240",
            "longitude": "-110.950",
            "description": (
                "Plants of Arizona and Sonora, with duplicates from many herbaria. Invented."
            ),
        },
    ),
    DemoCollection(
        "OCO-Insects",
        "OCO",
        "manager",
        ("editor",),
        "insects",
        0.2,
        {
            "name": "Ocotillo Museum Insect Collection",
            "category": "Insects",
            "description": "Pinned insects of the Sonoran Desert region. Invented.",
        },
    ),
    DemoCollection(
        "SAI-Herps",
        "SAI",
        "curator",
        (),
        "reptiles",
        0.1,
        {
            "name": "Sierra Azul Amphibians and Reptiles",
            "category": "Amphibians and Reptiles",
            "management": Collection.Management.SNAPSHOT,
            "guid_source": Collection.GuidSource.PROVIDER,
            "description": (
                "A snapshot of a database that is kept elsewhere and sent here twice a year. "
                "Invented."
            ),
        },
    ),
    DemoCollection(
        "FERRER",
        "",
        "collector",
        (),
        "birds",
        0.05,
        {
            "name": "Lucía Ferrer: seen and collected on walks",
            "type": Collection.Type.PERSONAL,
            "description": "Field notes of an invented person.",
        },
    ),
    DemoCollection(
        "AGUIRRE",
        "",
        "tomas",
        (),
        "plants seen",
        0.05,
        {
            "name": "Tomás Aguirre: plants of the trails",
            "type": Collection.Type.PERSONAL,
            "description": "Plants seen and not taken, by another invented person.",
        },
    ),
]
# They own what the people of the sign-in page may see and not change; nobody signs in as them.
OTHERS = {"curator": "Olga Brandt", "tomas": "Tomás Aguirre"}


@transaction.atomic
def seed(count: int = RECORDS) -> bool:
    """Fill the portal with `count` generated records and the set pieces; False if it stands."""
    if Collection.objects.filter(code=COLLECTIONS[0].code).exists():
        return False
    people = _people()
    _plant_thesaurus(people["taxonomist"])
    for plan in COLLECTIONS:
        collection = _found(plan, people)
        sheets = _generated(plan, round(count * plan.share))
        _write(collection, people[plan.administrator], sheets)
    _write_gomez(people)
    _offer_ferrer(people)
    return True


def counts() -> dict[str, int]:
    """Return {collection code: records} of the demonstration's collections."""
    codes = [plan.code for plan in COLLECTIONS]
    standing = {
        collection.code: collection for collection in Collection.objects.filter(code__in=codes)
    }
    return {
        code: Occurrence.objects.filter(collection=standing[code]).count()
        for code in codes
        if code in standing
    }


def _people() -> dict[str, Any]:
    made = {}
    passwords = {account.username: account.password for account in DEMO_ACCOUNTS}
    names = {account.username: account.full_name for account in DEMO_ACCOUNTS} | OTHERS
    for username, full_name in names.items():
        first_name, _blank, last_name = full_name.partition(" ")
        made[username] = get_user_model().objects.create_user(
            username,
            f"{username}@demo.example",
            passwords.get(username),
            first_name=first_name,
            last_name=last_name,
        )
        addresses.confirm(made[username])
    grant(made["admin"], Role.PORTAL_ADMIN, reason=REASON)
    grant(made["taxonomist"], Role.TAXONOMY_EDITOR, reason=REASON)
    return made


def _plant_thesaurus(taxonomist: Any) -> None:
    """Fill the thesaurus with what the records are of, before they come: so they are linked."""
    change_set = ChangeSet.objects.create(
        kind=ChangeSet.Kind.TAXON_EDIT, user=taxonomist, reason=REASON
    )
    tables = [*(scene.taxa for scene in SCENES.values()), tuple(gomez.TAXA.values())]
    species = (
        thesaurus.Species(taxon.family, taxon.name, taxon.author)
        for each in tables
        for taxon in each
    )
    change_set.counts = {"created": thesaurus.seed(species, change_set)}
    change_set.save(update_fields=["counts"])


def _found(plan: DemoCollection, people: dict[str, Any]) -> Collection:
    fields = dict(plan.fields)
    if plan.institution:
        fields["institution"], _made = Institution.objects.get_or_create(
            code=plan.institution, defaults=INSTITUTIONS[plan.institution]
        )
    administrator = people[plan.administrator]
    collection = found_collection(plan.code, administrator=administrator, reason=REASON, **fields)
    for username in plan.editors:
        grant(people[username], Role.EDITOR, collection, by=administrator, reason=REASON)
    Contact.objects.create(
        collection=collection,
        first_name=administrator.first_name,
        last_name=administrator.last_name,
        role="Owner" if collection.type == Collection.Type.PERSONAL else "Curator",
        email=administrator.email,
    )
    return collection


def _generated(plan: DemoCollection, count: int) -> Iterator[Sheet]:
    """Yield generated records; some with an earlier determination or an accession number."""
    random = Random(plan.code)  # noqa: S311  repeatable, not secret
    prefix = plan.code.partition("-")[0] + ("" if plan.scene == "herbarium" else plan.scene[0])
    for row in generator.rows(count, plan.scene, seed=len(plan.code), prefix=prefix.upper()):
        if plan.fields.get("management") != Collection.Management.SNAPSHOT:
            del row["occurrenceID"]  # the portal's own GUID stands for it
        if random.random() < 0.1:
            row["otherCatalogNumbers"] = (
                f"Accession: 19{random.randint(30, 99)}-{random.randint(1, 90)}"
            )
        earlier: tuple[generator.Row, ...] = ()
        if random.random() < 0.08 and row.get("identifiedBy"):
            genus = row["scientificName"].partition(" ")[0]
            earlier = (
                {
                    "scientificName": f"{genus} sp.",
                    "identifiedBy": row["recordedBy"],
                    "dateIdentified": row["eventDate"][:4],
                },
            )
        yield Sheet(row, earlier)


def _write_gomez(people: dict[str, Any]) -> None:
    """Write the set pieces, then one edit, so that a history stands to be looked at."""
    herbarium = Collection.objects.get(code="HUD")
    _write(herbarium, people["manager"], gomez.first_herbarium())
    second = Collection.objects.get(code="OCO-Plants")
    _write(second, people["curator"], gomez.second_herbarium())
    record = Occurrence.objects.get(collection=herbarium, record_number="2214")
    edit = ChangeSet.objects.create(
        kind=ChangeSet.Kind.EDIT, user=people["editor"], collection_id=herbarium.pk
    )
    habitat = "Thornscrub on stony hills; with Olneya and Jatropha"
    draft = Draft(record.guid, herbarium.pk, {"habitat": habitat}, version=record.version)
    records.write(edit, ["habitat"], [draft])


def _offer_ferrer(people: dict[str, Any]) -> None:
    """Let the collector offer her plants to the herbarium, where nobody has answered yet."""
    profile, herbarium = (Collection.objects.get(code=code) for code in ("FERRER", "HUD"))
    _write(herbarium, people["manager"], [ferrer.held()])
    _write(profile, people["collector"], ferrer.walk())
    collected = Occurrence.objects.filter(collection=profile, recorded_by=ferrer.COLLECTOR)
    records.write(
        ChangeSet.objects.create(
            kind=ChangeSet.Kind.EDIT, user=people["collector"], collection_id=profile.pk
        ),
        [],
        [_picture(collected.get(record_number=str(ferrer.PICTURED)))],
    )
    offering.send(
        people["collector"],
        profile,
        list(collected.order_by("pk").values_list("guid", flat=True)),
        [Recipient(Offer.How.TRANSFER, herbarium)],
        {
            "message": ferrer.MESSAGE,
            "sent_on": timezone.localdate(),
            "boxes": 1,
            "sheets": 7,
            "permits": ferrer.PERMITS,
        },
    )


def _picture(record: Occurrence) -> Draft:
    """Return the draft that gives a record a picture, kept elsewhere."""
    row = {"title": "On the bajada", "format": "image/jpeg", "creator": ferrer.COLLECTOR}
    rows = [(terms.MULTIMEDIA_ROW, row)]
    return Draft(record.guid, record.collection_id, {}, version=record.version, extension_rows=rows)


def _write(collection: Collection, user: Any, sheets: Iterable[Sheet]) -> None:
    """Write records as one import would."""
    change_set = ChangeSet.objects.create(
        kind=ChangeSet.Kind.IMPORT, user=user, collection_id=collection.pk, reason=REASON
    )
    created = 0
    remaining = iter(sheets)
    while chunk := list(islice(remaining, CHUNK)):
        drafts = [_draft(collection, sheet) for sheet in chunk]
        created += len(records.write(change_set, terms.COLUMNS, drafts).created)
    change_set.counts = {"created": created}
    change_set.save(update_fields=["counts"])


def _draft(collection: Collection, sheet: Sheet) -> Draft:
    read = interpret(sheet.cells)
    earlier = []
    for cells in sheet.earlier:
        determination = interpret_identification(cells)
        earlier.append({**determination.values, "verbatim": determination.verbatim})
    return Draft(
        guid=new_guid(),
        collection_id=collection.pk,
        values=read.values,
        verbatim=read.verbatim,
        identifications=earlier,
        identifiers=identifiers(sheet.cells.get("otherCatalogNumbers", "")),
    )
