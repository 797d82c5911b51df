"""One of everything that an address can be about, for the tests that go through all addresses."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Notice
from biocollections import granting
from biocollections.models import AccessRequest, Collection, Grant, JoinRequest, Role
from journal import jobs
from journal.models import Job
from occurrences import clustering, imports, labels, packing, profiles, restoring, sending
from occurrences.models import (
    Comment,
    Download,
    DownloadLog,
    LabelProfile,
    Occurrence,
    Offer,
    OfferedRecord,
    PermitFile,
    ProtectionList,
    ProtectionRule,
    Sending,
    Suggestion,
)
from occurrences.offering import Recipient
from occurrences.selecting import Selection
from taxonomy import proposals
from taxonomy.models import Checklist
from tests import canary, make
from tests.canary import Canaries
from tests.cast import client_of, gather
from tests.occurrences import pictures
from tests.taxonomy import growing


@dataclass(frozen=True)
class Stage:
    """The cast and its scene together, everybody signed in."""

    people: dict[str, Any]
    canaries: Canaries
    scene: dict[str, UUID]
    cookies: dict[str, Any]

    def client(self, name: str) -> Client:
        """Return a browser of this person's."""
        client = Client(raise_request_exception=False)
        client.cookies.update(self.cookies[name])
        return client


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """A stage that is built once for a module: each test is a savepoint of its transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        built = _build()
        connection.check_constraints()  # now, not again after each test
        yield built
        transaction.set_rollback(True)


@pytest.fixture
def stage(standing: Stage, db: None) -> Stage:
    """The cast, the canaries and the scene, this test's own to change."""
    canary.watch_for(standing.canaries)
    return deepcopy(standing)


def _build() -> Stage:
    collections, people = gather()
    canaries = canary.plant(collections["herbarium"])
    given = (collections["herbarium"], people["administrator"], collections["other_herbarium"])
    scene = arrange(canaries, *given)
    cookies = {name: client_of(person).cookies for name, person in people.items()}
    return Stage(people, canaries, scene, cookies)


@pytest.fixture
def scene(
    canaries: Canaries,
    herbarium: Collection,
    administrator: Any,
    reader: Any,
    other_herbarium: Collection,
) -> dict[str, UUID]:
    """One of everything, for a test alone."""
    return arrange(canaries, herbarium, administrator, other_herbarium)


def arrange(
    canaries: Canaries, herbarium: Collection, administrator: Any, other_herbarium: Collection
) -> dict[str, UUID]:
    """Make records, collections, an import, a download, a job and so on; return GUIDs by name.

    `import` waits to be applied, `mapping` to be mapped; both files tell protected places. All
    belong to the cast's herbarium, but for `private_record` and its collection, in which nobody
    of the cast has a role.
    """
    private = make.collection("PRIVATE", is_public=False)
    opened = make.occurrence(herbarium, locality="Cañón del Pulpito", catalog_number="H-1")
    edit = make.edit(opened, administrator, habitat="oak woodland")
    hidden_edit = make.edit(canaries.place, administrator, locality=f"{canary.WORD} falls")
    whole_edit = make.edit(canaries.whole, administrator, locality=f"{canary.WHOLE} falls")
    deletion, gone, gone_whole = _deleted(herbarium, administrator)
    job = Job.objects.create(
        kind="import apply", key="1", user=administrator, collection_id=herbarium.pk
    )
    person = make.user("grantee")
    within = granting.grant(person, Role.EDITOR, herbarium, by=administrator, reason="of the scene")
    portal_wide = granting.grant(person, Role.TAXONOMY_EDITOR, reason="of the scene")
    return {
        "person": person.guid,
        "grant": within.guid,
        "portal_grant": portal_wide.guid,
        "grant_change": granting.histories([within])[within.guid][0].change_set.guid,
        "collection": herbarium.guid,
        "private_collection": private.guid,
        "open": opened.guid,
        "place": canaries.place.guid,
        "whole": canaries.whole.guid,
        "private_record": make.occurrence(private).guid,
        "deleted": gone.guid,
        "deleted_whole": gone_whole.guid,
        "nothing": uuid4(),
        **_asking(herbarium),
        "edit": edit.guid,
        "hidden_edit": hidden_edit.guid,
        "whole_edit": whole_edit.guid,
        "deletion": deletion.guid,
        "job": job.guid,
        **_clusters(canaries, opened),
        **_said(canaries, opened, administrator),
        **_images(canaries, opened),
        "notice": Notice.objects.create(person=administrator, kind="of the scene", url="/").guid,
        "checklist": Checklist.objects.create(source="Checklist of the scene", state="ready").guid,
        **_protection(),
        **_thesaurus(administrator),
        "download": _download(herbarium, administrator, job).guid,
        "exact_download": _exact_download(herbarium).guid,
        **_imports(herbarium, administrator),
        **_labels(canaries, administrator),
        **_sendings(_offer(canaries, opened, other_herbarium, administrator), canaries),
    }


def _labels(canaries: Canaries, by: Any) -> dict[str, UUID]:
    """Labels of the canaries that `by` has laid out, and a layout of his own."""
    chosen = [str(canaries.place.guid), str(canaries.whole.guid)]
    profile = LabelProfile.objects.create(name="Of the scene", kind="specimen", owner=by)
    return {
        "label_run": labels.begin(by, "specimen", "", chosen).guid,
        "label_profile": profile.guid,
    }


def _offer(canaries: Canaries, opened: Occurrence, to: Collection, by: Any) -> Offer:
    """All three records on their way to another herbarium, and nobody has answered yet."""
    sending = Sending.objects.create(collection=opened.collection, user=by, message="For you.")
    offer = Offer.objects.create(sending=sending, collection=to, how=Offer.How.TRANSFER)
    OfferedRecord.objects.bulk_create(
        OfferedRecord(offer=offer, record_guid=record.guid)
        for record in (opened, canaries.place, canaries.whole)
    )
    return offer


def _sendings(offer: Offer, canaries: Canaries) -> dict[str, UUID]:
    """The offer, what goes along with it, and a draft about the canaries for the same herbarium."""
    by = offer.sending.user
    permit = PermitFile(sending=offer.sending, name="permit.pdf")
    permit.file.save("permit.pdf", ContentFile(b"%PDF-1.7 a permit"))
    package = packing.start(offer, by, "csv")
    jobs.run(package.job.guid)
    chosen = Selection((str(canaries.place.guid), str(canaries.whole.guid)))
    draft = sending.begin(by, chosen)
    assert draft
    sending.want(draft, [Recipient(offer.how, offer.collection)])
    draft.save()
    return {
        "offer": offer.guid,
        "sending": offer.sending.guid,
        "draft": draft.guid,
        "package": package.guid,
        "permit": permit.guid,
    }


def _images(canaries: Canaries, opened: Occurrence) -> dict[str, UUID]:
    """One of each record, whose file, caption and name tell what its record hides."""
    told = {"open": "", "place": canary.WORD, "whole": canary.WHOLE}
    of = {"open": opened, "place": canaries.place, "whole": canaries.whole}
    return {
        f"{name}_image": pictures.of(
            of[name], pictures.with_place(f"{word} road"), caption=f"{word} label"
        ).guid
        for name, word in told.items()
    }


def _said(canaries: Canaries, opened: Occurrence, by: Any) -> dict[str, UUID]:
    """Suggestions and comments: on an open record, and on one whose place they tell."""
    someone = make.user("suggester")
    other = make.collection("SUGGESTED", public_edits=True)
    told = {"locality": {"old": f"{canary.WORD} locality", "new": f"{canary.WORD} creek"}}
    hidden = canaries.place.guid
    asked, told_all = Suggestion.objects.create, Comment.objects.create
    mine = {"habitat": {"old": "", "new": "oak"}}
    text = f"{canary.WORD} again"
    return {
        "place_suggested": make.occurrence(other, locality="a bend", record_security=1).guid,
        "suggestion": asked(record_guid=opened.guid, by=someone, changes=mine).guid,
        "place_suggestion": asked(record_guid=hidden, by=by, changes=told, remark=text).guid,
        "comment": told_all(record_guid=opened.guid, by=someone, text="A word", state="shown").guid,
        "hidden_comment": told_all(record_guid=hidden, by=by, text=text, state="shown").guid,
    }


def _clusters(canaries: Canaries, opened: Occurrence) -> dict[str, UUID]:
    """One of which all see two members, and one of which the public sees none."""
    herbarium = opened.collection
    hidden = make.occurrence(herbarium, catalog_number="H-2", record_security=5)
    done = make.change_set(within=herbarium, kind="linking")
    pairs = [(opened.guid, canaries.place.guid)]
    clustering.link(done, pairs, {"why": "exact"})
    clustering.link(done, [(hidden.guid, canaries.whole.guid)], {"why": "exact"})
    return {
        "cluster": opened.cluster_member.cluster.guid,
        "hidden_cluster": hidden.cluster_member.cluster.guid,
    }


def _thesaurus(by: Any) -> dict[str, UUID]:
    """The genus of the canaries, and a species of it that `by` proposes."""
    taxon = growing.taxon("Cereus", "genus", authorship="Mill.", kingdom="Plantae")
    proposal = proposals.propose(by, "Cereus scenicus", "species", ["a citation"], parent=taxon)
    return {"taxon": taxon.guid, "proposal": proposal.guid}


def _protection() -> dict[str, UUID]:
    one = ProtectionList.objects.create(title="Cacti of the scene")
    rule = ProtectionRule.objects.create(
        list=one, taxon=make.taxon("Echinocactus scenicus"), state=ProtectionRule.State.ACTIVE
    )
    return {"protection_list": one.guid, "protection_rule": rule.guid}


def _asking(herbarium: Collection) -> dict[str, UUID]:
    """Somebody, who asks to join the herbarium and to bring a collection."""
    somebody = make.user("somebody")
    join = JoinRequest.objects.create(by=somebody, collection=herbarium, role="editor")
    bring = JoinRequest.objects.create(by=somebody, name="Ferns of somebody")
    return {
        "person": somebody.guid,
        "join_request": join.guid,
        "bring_request": bring.guid,
        **_requests(somebody, herbarium),
    }


def _requests(somebody: Any, herbarium: Collection) -> dict[str, UUID]:
    """A request for exact places of the herbarium, with a permit, that waits; and a granted one."""
    asked = AccessRequest(by=somebody, project="Cacti of the scene", purpose="A red list.")
    asked.until = timezone.localdate() + timedelta(days=90)
    asked.file_name = "permit.pdf"
    asked.file.save("permit.pdf", ContentFile(b"%PDF-1.7 a permit"))
    given = AccessRequest.objects.create(
        by=somebody, project="Cacti again", purpose="A red list.", until=asked.until
    )
    grant = make.grant(make.user("granted"), Role.PROTECTED_DATA_READER, herbarium)
    granted = given.decisions.create(collection=herbarium, state="granted", grant=grant)
    return {
        "access_request": asked.guid,
        "access_decision": asked.decisions.create(collection=herbarium).guid,
        "access_granted": granted.guid,
    }


def _deleted(herbarium: Collection, by: Any) -> tuple[Any, Occurrence, Occurrence]:
    gone = make.occurrence(herbarium, catalog_number="H-GONE", locality="forgotten")
    word = canary.WHOLE
    gone_whole = make.occurrence(
        herbarium, catalog_number=f"{word}-2", scientific_name=f"{word} sp.", record_security=5
    )
    deletion = make.change_set(by, herbarium, kind="deletion")
    restoring.delete(deletion, [gone.pk, gone_whole.pk])
    return deletion, gone, gone_whole


def _download(herbarium: Collection, by: Any, job: Job) -> Download:
    made = Download(user=by, collection=herbarium, format="csv", job=job, rows=1)
    made.finished_at = timezone.now()
    made.file.save("canary.csv", ContentFile(f"locality\n{canary.WORD} creek\n".encode()))
    return made


def _exact_download(herbarium: Collection) -> Download:
    """The reader's file of exact places, where there is one in the cast."""
    held = Grant.objects.filter(collection=herbarium, role=Role.PROTECTED_DATA_READER)
    grant = held.filter(user__username="reader").first()
    made = Download(user=grant.user if grant else None, collection=herbarium, format="exact")
    made.rows, made.finished_at = 1, timezone.now()
    made.file.save("exact.zip", ContentFile(f"locality\n{canary.WORD} creek\n".encode()))
    log = DownloadLog.objects.create(
        download=made, user=made.user, collection=herbarium, purpose="of the scene", records=1
    )
    log.grants.set([grant] if grant else [])
    return made


FILE = f"""occurrenceID,catalogNumber,locality,decimalLatitude,decimalLongitude,recordSecurity
x-1,CANARY-8,{canary.WORD} creek,31.{canary.NUMBER},-109.{canary.NUMBER},1
x-2,CANARY-9,{canary.WHOLE} creek,31.{canary.NUMBER},-109.{canary.NUMBER},5
x-2,CANARY-9,{canary.WORD} again,31.{canary.NUMBER},-1.9,1
"""


def _imports(herbarium: Collection, by: Any) -> dict[str, UUID]:
    guids = {}
    for name in ("mapping", "import"):
        run = imports.receive(herbarium, by, ContentFile(FILE.encode()), f"{name}.csv")
        imports.stage(run)
        if name == "import":
            imports.check(run)
            assert run.counts["blocked"] == 1
        guids[name] = run.guid
    guids["import_profile"] = profiles.save(run, "Source of the scene", by).guid
    return guids
