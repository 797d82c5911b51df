"""No address tells what is withheld: each is asked by everybody, in the way that shows most.

What is sent is searched by `tests.canary`, which watches the whole suite; here every address of
ours must have a line, so that none is forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from occurrences.models import Occurrence
from tests import canary, make, routes
from tests.scene import Stage

# One of each kind of reader: the others of the cast have no more rights here than these.
READERS = (
    "visitor",
    "stranger",
    "reader",
    "editor",
    "administrator",
    "other_administrator",
    "portal_admin",
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are what these tests ask for; none needs a line in the log."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


class Ask(NamedTuple):
    """How to make an address show records: about what, with what query or form."""

    about: str = ""
    query: str = ""
    post: dict[str, str] | None = None


# Of the record search: what is withheld, by its words, by its number, and by being there at all.
EDITORS_ASK = (
    f"group=1&field=locality&operator=contains&value={canary.WORD}",
    f"group=1&field=locality&operator=words&value={canary.WORD}",
    f"number={canary.WORD}",
    f"date={canary.DAY}",
    "group=1&field=locality&operator=filled&value=",
    "point=yes",
)

SEARCHES = (
    "q=Cereus",
    f"q={canary.WORD}",
    f"q={canary.WHOLE}",
    "taxon=Cereus&view=table",
    f"taxon={canary.WHOLE}",
    "collector=G%C3%B3mez",
    f"locality={canary.WORD}",
    f"number={canary.WORD}",
    "date=1907",
    f"date={canary.DAY}",
    "catalog_number=CANARY-1&view=table",
    "view=table&sort=date",
    "view=table&sort=-date",
    "view=table&sort=number",
    "view=table&sort=county",
)
# Each address of ours: how it shows records, or why it shows none.
LINES: dict[str, list[Ask] | str] = {
    "home": [Ask()],
    "tour": "fixed text and links",
    "demo_sign_in": "invented people only",
    "profile": [Ask()],
    "occurrences:personal": [Ask()],
    "occurrences:personal_open": [Ask(), Ask(post={"person": "grantee"})],
    "occurrences:personal_default": [Ask("collection", post={"private": "yes"})],
    "occurrences:personal_privacy": [
        Ask(post={"guid": "{place}", "private": "no"}),
        Ask(post={"search": f"within=&{EDITORS_ASK[0]}", "private": "no"}),
    ],
    "occurrences:my_collections": [Ask(), Ask(query="show=given")],
    "occurrences:my_collections_file": [Ask(), Ask(query="show=made")],
    "account": "the reader's own account and roles",
    "job": [Ask("job")],
    "job_cancel": [Ask("job", post={})],
    "accounts:retrieve_login": "a form",
    "accounts:retrieve_login_done": "fixed text",
    "accounts:invitation": "fixed text",
    "accounts:contact": "a form",
    "accounts:person": "names of a person",
    "accounts:profile": "the reader's own names",
    "accounts:notices": [Ask()],
    "accounts:notice": [Ask("notice")],
    "accounts:notices_read": [Ask(post={})],
    "accounts:notice_mails": "the reader's own choice",
    "accounts:user_name": "the reader's own name",
    "accounts:export": [Ask(post={})],
    "accounts:leave": "fixed text and the reader's own name",
    "accounts:help_desk": [Ask(query="name=e")],
    "accounts:help_person": [Ask("person")],
    "accounts:help_mail": [Ask("person", post={})],
    "accounts:help_link": [Ask("person", post={"reason": "asked"})],
    "accounts:help_address": [Ask("person", post={})],
    "accounts:help_factors": [Ask("person", post={})],
    "accounts:sign_in_as": [Ask("person", post={})],
    "accounts:invite": [Ask(post={})],
    "accounts:be_myself": [Ask(post={})],
    "accounts:demo_mails": "mails of the demonstration, which the watch reads as they leave",
    "accounts:demo_mail": "mails of the demonstration, which the watch reads as they leave",
    "collections:list": [Ask()],
    "collections:profile": [Ask("collection")],
    "collections:join": [Ask()],
    "collections:bring": "a form",
    "collections:join_collection": [Ask("collection")],
    "collections:join_text": "what the portal says of itself",
    "collections:join_requests": [Ask()],
    "collections:join_request": [Ask("join_request")],
    "collections:join_decide": [Ask("join_request", post={})],
    "collections:join_withdraw": [Ask("join_request", post={})],
    "collections:access_new": [Ask(query="taxon=Cereus"), Ask(post={})],
    "collections:access_requests": [Ask()],
    "collections:access_collection": [Ask("collection")],
    "collections:access_request": [Ask("access_request")],
    "collections:access_file": [Ask("access_request")],
    "collections:access_decide": [Ask("access_decision", post={"decision": "deny"})],
    "collections:access_answer": [Ask("access_decision", post={})],
    "collections:access_withdraw": [Ask("access_decision", post={})],
    "collections:access_revoke": [Ask("access_granted", post={})],
    "collections:edit": [Ask("collection"), Ask("collection", post={"name": ""})],
    "collections:manage": [Ask("collection")],
    "collections:permissions": [Ask("collection"), Ask("collection", post={"person": "nobody"})],
    "collections:portal_permissions": [Ask(), Ask(post={"person": "nobody"})],
    "collections:grant": [Ask("grant"), Ask("grant", post={"reason": "why"})],
    "collections:grant_revoke": [Ask("grant", post={})],
    "collections:places": [Ask(query="country=MX&county=q"), Ask(post={})],
    "collections:places_suggest": [Ask(query="kind=county&county=q"), Ask(query="kind=country")],
    "collections:people": [Ask(query="q=a")],
    "collections:people_suggest": [Ask(query="person=per")],
    "collections:person": [Ask("person")],
    "taxonomy:checklists": "names of checklists",
    "taxonomy:checklist_new": "a form",
    "taxonomy:checklist": "names of a checklist",
    "taxonomy:checklist_load": "starts a job",
    "taxonomy:checklist_blocked": "names of a checklist",
    "taxonomy:checklist_difference": [Ask("checklist")],
    "taxonomy:checklist_compare": "starts a job",
    "taxonomy:checklist_use": "names of a checklist",
    "taxonomy:checklist_discard": "names of a checklist",
    "taxonomy:explorer": [
        Ask(),
        Ask(query="q=Cereus&records=1"),
        Ask(query=f"q={canary.WHOLE}"),
        Ask(query="open={taxon}&synonyms=1"),
        Ask(query="list={taxon}"),
    ],
    "taxonomy:children": [Ask("taxon")],
    "taxonomy:suggest": [Ask(query="q=Cereus"), Ask(query=f"q={canary.WHOLE}")],
    "taxonomy:check": [Ask(query="scientific_name=Cereus")],
    "taxonomy:taxon": [Ask("taxon")],
    "taxonomy:history": [Ask("taxon")],
    "taxonomy:add": "a form about names alone",
    "taxonomy:edit": "a form about names alone",
    "taxonomy:move": [Ask("taxon"), Ask("taxon", post={})],
    "taxonomy:acceptance": [Ask("taxon"), Ask("taxon", post={})],
    "taxonomy:merge": [Ask("taxon"), Ask("taxon", post={})],
    "taxonomy:delete": [Ask("taxon")],
    "taxonomy:proposals": [Ask()],
    "taxonomy:propose": "a form about names alone",
    "taxonomy:proposal": [Ask("proposal")],
    "taxonomy:proposal_accept": [Ask("proposal", post={})],
    "taxonomy:proposal_decline": [Ask("proposal", post={})],
    "taxonomy:proposal_withdraw": [Ask("proposal", post={})],
    "occurrences:search": [Ask(query=query) for query in SEARCHES],
    "occurrences:record": [Ask(about) for about in ("open", "place", "whole", "deleted_whole")],
    "occurrences:add": [
        Ask("collection", query="like={place}"),
        Ask("collection", query="like={whole}"),
    ],
    "occurrences:read": "reads back what the reader has typed",
    "occurrences:edit": [Ask("place"), Ask("whole"), Ask("place", post={"version": "0"})],
    "occurrences:delete": [Ask("place"), Ask("whole"), Ask("place", post={})],
    "occurrences:restore": [Ask("deleted_whole", post={})],
    "occurrences:history": [Ask("place"), Ask("whole")],
    "occurrences:change_set": [Ask("hidden_edit"), Ask("whole_edit"), Ask("deletion")],
    "occurrences:public_view": [Ask("place"), Ask("whole")],
    "occurrences:protected_species": [Ask()],
    "occurrences:protection_list_new": [Ask(), Ask(post={"title": "New"})],
    "occurrences:protection_list": [
        Ask("protection_list"),
        Ask("protection_list", post={"taxon": "Echinocactus"}),
    ],
    "occurrences:protection_list_edit": [Ask("protection_list")],
    "occurrences:protection_rule_end": [Ask("protection_rule", post={})],
    "occurrences:protection_rule_resume": [Ask("protection_rule", post={})],
    "occurrences:by_numbers": [Ask(), Ask(post={"numbers": f"{canary.WORD}\n{canary.WHOLE}"})],
    "occurrences:batch_new": [Ask(post={"kind": "edit", "search": ""})],
    "occurrences:batch": "a receipt, its own person's alone",
    "occurrences:batch_apply": "starts a job, its own person's alone",
    "occurrences:batch_edit": "values of records that its own person edits: test_batch_pages.py",
    "occurrences:batch_values": "starts a job, its own person's alone",
    "occurrences:batch_determine": "records that its own person edits: test_batch_others.py",
    "occurrences:batch_georeference": "places that its own person edits: test_batch_others.py",
    "occurrences:batch_delete": "records that its own person may delete: test_batch_others.py",
    "occurrences:determination": "shown to those who edit the record alone",
    "occurrences:determination_delete": "changes a record that its own person edits",
    "occurrences:determination_current": "changes a record that its own person edits",
    "occurrences:determination_queue": "keeps what its own person queued",
    "occurrences:clusters": [Ask(query=f"show={show}") for show in ("all", "conflicts", "newer")],
    "occurrences:cluster_run": [Ask(post={})],
    "occurrences:cluster": [Ask("cluster"), Ask("hidden_cluster")],
    "occurrences:cluster_name": [Ask("cluster", post={})],
    "occurrences:cluster_part": [Ask("cluster", post={})],
    "occurrences:duplicates": [
        Ask("collection", post={"recorded_by": "canary", "record_number": "recordNumber"}),
        Ask("collection", post={"recorded_by": "Gómez", "event_date": canary.DAY}),
        Ask("collection", post={"catalog_number": "CANARY-1", "institution_code": "HERB"}),
    ],
    "occurrences:duplicate_take": [
        Ask(about, post={"how": "all", "tier": "exact", "part": part})
        for about in ("place", "whole")
        for part in ("georeference", "determination", "locality", "habitat", "date")
    ],
    "occurrences:duplicate_ask": [Ask("place", post={}), Ask("whole", post={})],
    "occurrences:adopt": [Ask("place", post={"from": "{open}"}), Ask("whole", post={})],
    "occurrences:offers": [Ask("collection")],
    "occurrences:offer": [
        Ask("offer"),
        Ask("offer", query="show=waiting&page=1"),
        Ask("offer", query="issue=date"),
        Ask("offer", query="issue=point"),
    ],
    "occurrences:offer_accept": [Ask("offer", post={"which": "all"})],
    "occurrences:offer_decline": [
        Ask("offer", post={"which": "all", "reason": "full"}),
        Ask("offer", post={"double": "{open} {whole}"}),
    ],
    "occurrences:offer_ask": [Ask("offer", post={"text": "Which box?"})],
    "occurrences:offer_numbers": [
        Ask("offer", query="number=CANARY-1&number=H-1"),
        Ask("offer", post={"what": "free", "first": "B-1"}),
    ],
    "occurrences:offer_link": [Ask("offer", post={"pair": "{open} {whole}"})],
    "occurrences:offers_all": [Ask(), Ask(query="show=transfers")],
    "occurrences:offers_file": [Ask()],
    "occurrences:offer_oversee": [Ask("offer")],
    "occurrences:offer_act": [Ask("offer", post={})],
    "occurrences:profile_merge": [Ask(), Ask(query="source=OWN&target=collector")],
    "occurrences:hand_back": [Ask(query="guid={place}+{whole}"), Ask(query="guid={open}")],
    "occurrences:ask_undo": [Ask("offer"), Ask("offer", post={"reason": "asked"})],
    "occurrences:sendings": [Ask()],
    "occurrences:send": [Ask(post={"guid": "{place}"}), Ask(post={"search": f"q={canary.WORD}"})],
    "occurrences:recipients": [Ask(query="q=h")],
    "occurrences:sending": [Ask("sending")],
    "occurrences:sending_prepare": [Ask("draft"), Ask("draft", post={})],
    "occurrences:sending_review": [Ask("draft")],
    "occurrences:sending_send": [Ask("draft", post={"at_once": "1"})],
    "occurrences:sending_discard": [Ask("draft", post={})],
    "occurrences:offer_withdraw": [Ask("offer"), Ask("offer", post={"record": "{place}"})],
    "occurrences:package_new": [
        Ask("offer", post={"format": "dwca"}),
        Ask("offer", post={"format": "csv", "exact": "1"}),
    ],
    "occurrences:package_file": [Ask("package")],
    "occurrences:packing_list": [Ask("offer")],
    "occurrences:permit_file": [Ask("permit")],
    "occurrences:permit_remove": [Ask("permit", post={})],
    "occurrences:transfer_one": [
        Ask("place"),
        Ask("whole"),
        Ask("place", post={"who": "OTHER"}),
        Ask("whole", post={"who": "OTHER"}),
    ],
    "occurrences:receiving": [
        Ask("offer"),
        Ask("offer", post={"number": "{place}"}),
        Ask("offer", post={"number": "{whole}"}),
        Ask("offer", query="line", post={"number": "{place}", "barcode": "B-1"}),
    ],
    "occurrences:receiving_undo": [Ask("offer", post={"record": "{whole}"})],
    "occurrences:receiving_of": [Ask("collection")],
    "occurrences:cluster_news": [Ask("collection hidden_edit"), Ask("collection whole_edit")],
    "occurrences:merge": [
        Ask(query="one={place}&other={open}"),
        Ask(query="one={whole}&other={place}"),
        Ask(query="one={open}&other={place}", post={"keep": "other"}),
    ],
    "occurrences:link": [Ask("open", post={}), Ask("whole", post={})],
    "occurrences:changes": [Ask("collection"), Ask("collection", query="show=fields")],
    "occurrences:changes_file": [Ask("collection")],
    "occurrences:suggest_correction": [
        Ask("place"),
        Ask("place_suggested"),
        Ask("place_suggested", post={"habitat": "woods"}),
        Ask("whole"),
    ],
    "occurrences:suggestions_mine": [Ask()],
    "occurrences:suggestion": [Ask("suggestion"), Ask("place_suggestion")],
    "occurrences:suggestion_decide": [
        Ask("place_suggestion", post={"what": "apply", "column": "locality"}),
        Ask("place_suggestion", post={"what": "decline", "answer": "no"}),
    ],
    "occurrences:suggestion_reply": [Ask("place_suggestion", post={"text": "why?"})],
    "occurrences:suggestions": [Ask("collection"), Ask("collection", query="state=all")],
    "occurrences:comments": [
        Ask("open"),
        Ask("place"),
        Ask("whole"),
        Ask("place", post={"text": "hello"}),
    ],
    "occurrences:comment_do": [
        Ask("hidden_comment report", post={}),
        Ask("hidden_comment show", post={}),
    ],
    "occurrences:comments_of": [Ask("collection"), Ask("collection", query="state=all")],
    "occurrences:past": [
        Ask("place"),
        Ask("whole"),
        Ask("place", query="change_set={hidden_edit}"),
    ],
    "occurrences:revert": [Ask("place", post={"change_set": ""}), Ask("whole", post={})],
    "occurrences:media": [Ask("place"), Ask("whole"), Ask("place", post={})],
    "occurrences:media_file": [
        Ask(f"{image} {size}")
        for image in ("place_image", "whole_image")
        for size in ("web", "thumbnail", "original")
    ],
    "occurrences:media_edit": [
        Ask("place_image", post={"creator": "L. Gómez"}),
        Ask("whole_image", post={}),
    ],
    "occurrences:media_move": [Ask("place_image", post={"to": "later"})],
    "occurrences:media_delete": [Ask("place_image", post={}), Ask("whole_image", post={})],
    "occurrences:near": [Ask("collection", query="south=-90&west=-180&north=90&east=180")],
    "occurrences:record_search": [Ask(query=f"within=&collector={canary.WORD}"), Ask()],
    "occurrences:saved_search_new": [
        Ask(post={"name": "all", "query": f"within=&collector={canary.WORD}"})
    ],
    "occurrences:saved_search": "leads to the table, which is asked below",
    "occurrences:saved_search_delete": "says the name that its own person gave",
    "occurrences:table": [
        Ask(query="within="),
        Ask(query="within=&sort=name"),
        *(Ask(query=f"within=&{asked}") for asked in EDITORS_ASK),
    ],
    "occurrences:table_save": [Ask(post={"cells": "[]"})],
    "occurrences:table_columns": "keeps which columns its own person wants",
    "occurrences:table_download": [
        Ask(post={"search": "within="}),
        Ask(post={"search": f"within=&{EDITORS_ASK[0]}"}),
        Ask(post={"guid": "{place}"}),
    ],
    "occurrences:edit_search": [Ask(query="country=Mexico"), Ask()],
    "occurrences:suggest": [
        Ask("collection recorded_by", query="q=can"),
        Ask("collection locality", query="recorded_by=canary&event_date=1932-07-14"),
        Ask("collection label_project", query="q="),
        Ask("collection habitat", query="q=c"),
        Ask("collection exsiccati_title", query="q=c"),
    ],
    "occurrences:next_number": [
        Ask("collection"),
        Ask("collection", query="of=record_number"),
    ],
    "occurrences:habits": "keeps what its own person switched",
    "occurrences:session": "tells the person's own identity",
    "occurrences:clone": [
        Ask("place"),
        Ask("whole"),
        Ask("place", post={"number": "1", "what": "all"}),
    ],
    "occurrences:skeletal": [
        Ask("collection", query="like={place}"),
        Ask("collection", query="line", post={"catalog_number": "1", "existing": "tell"}),
    ],
    "occurrences:cleaning": [
        *(Ask(scope, query="state=new") for scope in ("collection", "mine", "portal")),
        Ask("portal", query="state=linked"),
    ],
    "occurrences:cleaning_run": [Ask("portal", post={}), Ask("collection", post={})],
    "occurrences:cleaning_decide": [Ask("portal", post={}), Ask("collection", post={})],
    "occurrences:cleaning_undo": [Ask("collection hidden_edit", post={})],
    "occurrences:distribution": [Ask("collection"), Ask("collection", query="family=")],
    "occurrences:reading": "reads back what the reader has typed",
    "occurrences:undo": [Ask("hidden_edit", post={}), Ask("whole_edit", post={})],
    "occurrences:imports": [Ask("collection")],
    "occurrences:import_new": [Ask("collection"), Ask("collection", post={})],
    "occurrences:import": [Ask("import"), Ask("import", query="action=all"), Ask("mapping")],
    "occurrences:import_mapping": [Ask("mapping"), Ask("mapping", post={}), Ask("import")],
    "occurrences:import_reading": [Ask("mapping", post={})],
    "occurrences:import_profiles": [Ask("collection")],
    "occurrences:import_profile": [Ask("import_profile"), Ask("import_profile", post={})],
    "occurrences:import_profile_new": [Ask("import"), Ask("import", post={})],
    "occurrences:import_profile_run": [Ask("import_profile", post={})],
    "occurrences:import_profile_delete": [Ask("import_profile", post={})],
    "occurrences:import_fetch": [Ask("collection", post={})],
    "occurrences:import_retire": [Ask("import", post={})],
    "occurrences:import_symbiota": [Ask("collection")],
    "occurrences:symbiota_record": [
        Ask(query="guid={whole}"),
        Ask(query="guid={place}"),
        Ask(query="guid={deleted_whole}"),
        Ask(query="occid=7001"),
        Ask(query="occid=7002"),
    ],
    "occurrences:symbiota_editor": [Ask(query="guid={whole}"), Ask(query="occid=7001")],
    "occurrences:symbiota_list": [Ask(query="taxa=Cereus&local=" + canary.WORD)],
    "occurrences:symbiota_table": [Ask(query="taxa=Cereus")],
    "occurrences:import_apply": [Ask("import", post={})],
    "occurrences:import_undo": [Ask("import", post={})],
    "occurrences:import_discard": [Ask("import", post={})],
    "occurrences:import_exclude": [Ask("import 1", post={"leave": "1"})],
    "occurrences:import_exclude_all": [Ask("import", post={"leave": "1", "action": "create"})],
    "occurrences:import_row": [Ask("import 1"), Ask("import 1", query="action=all")],
    "occurrences:import_decide": [Ask("import 1", post={"decision": "new"})],
    "occurrences:import_decide_all": [Ask("import", post={"rule": "new"})],
    "occurrences:import_fix": [Ask("import", post={})],
    "occurrences:import_unfix": [Ask("import 0", post={})],
    "occurrences:import_as_copies": [Ask("import", post={})],
    "occurrences:import_hand_over": [Ask("import", post={"person": "nobody"})],
    "occurrences:import_take_back": [Ask("import", post={})],
    "occurrences:import_not_imported": [Ask("import")],
    "occurrences:transmittal": [Ask("offer")],
    "occurrences:transmittal_csv": [Ask("offer")],
    "occurrences:transmittal_page": [Ask("offer"), Ask("offer", post={})],
    "occurrences:label_runs": [Ask()],
    "occurrences:labels_new": [Ask(post={"record": "{place}"}), Ask(post={"search": "q=Cereus"})],
    "occurrences:labels": [Ask("label_run"), Ask("label_run", post={})],
    "occurrences:labels_preview": [Ask("label_run", post={})],
    "occurrences:labels_use": [Ask("label_run", post={"profile": "pin"})],
    "occurrences:labels_keep": [Ask("label_run", post={"name": "mine"})],
    "occurrences:labels_pdf": [Ask("label_run")],
    "occurrences:labels_csv": [Ask("label_run")],
    "occurrences:labels_printed": [Ask("label_run", post={"clear": "1"})],
    "occurrences:label_profile_delete": "drops a layout",
    "occurrences:download_new": [
        Ask("collection", post={"format": "csv"}),
        Ask("collection", post={"format": "dwca"}),
    ],
    "occurrences:download": [Ask("download"), Ask("exact_download")],
    "occurrences:download_file": [Ask("download"), Ask("exact_download")],
    "occurrences:exact": [Ask("collection"), Ask("collection", post={"purpose": "a red list"})],
    "occurrences:exact_log": [Ask("collection")],
}
# Where an editor or administrator must see a mark, or the watch would watch nothing.
TELLING = {
    "occurrences:table",
    "occurrences:table_download",
    "occurrences:offer",
    "occurrences:offer_withdraw",
    "occurrences:sending_review",
    "occurrences:record",
    "occurrences:edit",
    "occurrences:history",
    "occurrences:past",
    "occurrences:suggestion",
    "occurrences:suggestions",
    "occurrences:comments",
    "occurrences:comments_of",
    "occurrences:changes_file",
    "occurrences:change_set",
    "occurrences:download_file",
    "occurrences:media",
    "occurrences:media_file",
    "occurrences:import",
    "occurrences:import_mapping",
    "occurrences:import_not_imported",
    "occurrences:import_row",
    "occurrences:labels",
    "occurrences:labels_csv",
    "occurrences:labels_pdf",
}


def test_every_address_has_its_line() -> None:
    assert routes.ours() - LINES.keys() == set()


def test_no_line_is_about_an_address_that_is_gone() -> None:
    assert LINES.keys() - routes.ours() == set()


@pytest.mark.parametrize(
    "route", [route for route, line in LINES.items() if line.__class__ is list]
)
def test_nobody_is_told_what_no_grant_entitles_him_to(route: str, stage: Stage) -> None:
    told = set()
    for name in READERS:
        client = stage.client(name)
        for ask in LINES[route]:
            assert isinstance(ask, Ask)
            text = _sent(client, route, ask, stage.scene)
            if canary.WORD in text or canary.WHOLE in text:
                told.add(name)
    assert told - {"reader", "editor", "administrator"} <= _echoes(route)
    assert route not in TELLING or "administrator" in told


def _echoes(route: str) -> set[str]:
    """A search page repeats the question to everybody; the watch has taken that into account."""
    searches = ("search", "record_search", "table", "by_numbers")
    asking = {f"occurrences:{name}" for name in searches} | {"taxonomy:explorer"}
    return set(READERS) if route in asking else set()


def _sent(client: Client, route: str, ask: Ask, scene: dict[str, UUID]) -> str:
    """Ask, and return all that comes back; what the request does is taken back."""
    address = reverse(route, args=[scene.get(word, word) for word in ask.about.split()])
    address += f"?{ask.query.format(**scene)}" if ask.query else ""
    with transaction.atomic():
        form = None if ask.post is None else _post(ask, scene)
        response = client.get(address) if form is None else client.post(address, form)
        transaction.set_rollback(True)
    assert response.status_code < 500, address
    return " ".join(canary.texts(canary.body(response)))


def _post(ask: Ask, scene: dict[str, UUID]) -> dict[str, str]:
    """Return the form with the GUIDs that its "{name}"s stand for."""
    named = {f"{{{name}}}": str(guid) for name, guid in scene.items()}
    return {name: named.get(text, text) for name, text in (ask.post or {}).items()}


# --- search is no oracle ------------------------------------------------------------------------

NONSENSE = "wuffelgrumpf"
ORACLES = (
    {"q": canary.WORD},
    {"q": f"{canary.WORD} locality"},
    {"q": canary.WHOLE},
    {"q": f"31.{canary.NUMBER}"},
    {"taxon": canary.WHOLE},
    {"locality": canary.WORD},
    {"locality": canary.WHOLE},
    {"number": f"{canary.WORD} recordNumber"},
    {"collector": canary.WHOLE},
    {"county": canary.WHOLE},
    {"date": canary.DAY, "q": "Cereus"},
    {"date": "1907-03", "q": "Cereus"},
    {"catalog_number": f"{canary.WHOLE} catalogNumber"},
)


@pytest.mark.parametrize("view", ["list", "table"])
def test_a_search_by_withheld_words_answers_as_if_there_were_none(view: str, stage: Stage) -> None:
    for name in ("visitor", "reader", "portal_admin"):
        client = stage.client(name)
        for question in ORACLES:
            nonsense = dict.fromkeys(question.keys() - {"date"}, NONSENSE)
            asked = _found(client, {**question, "view": view})
            assert asked == _found(client, {**question, **nonsense, "view": view}), question
            assert asked == set(), question


def _found(client: Client, question: dict[str, str]) -> set[str]:
    """Return the GUIDs of records that a search's page links to."""
    page = client.get(reverse("occurrences:search"), question).content.decode()
    guids = map(str, Occurrence.objects.values_list("guid", flat=True))
    return {guid for guid in guids if guid in page}


def test_order_tells_nothing_of_what_is_withheld(stage: Stage) -> None:
    """A protected record stands where one without a date or number would, not where its own are."""
    canaries = stage.canaries
    make.occurrence(canaries.collection, scientific_name="Cereus a", event_date="1901-01-01")
    make.occurrence(canaries.collection, scientific_name="Cereus z", event_date="1999-01-01")
    place = str(canaries.place.guid)
    for sort in ("date", "-date"):
        page = Client().get(reverse("occurrences:search"), {"taxon": "Cereus", "sort": sort})
        text = page.content.decode()
        assert text.index(place) > max(text.index("Cereus a"), text.index("Cereus z")), sort


# --- the watch itself ---------------------------------------------------------------------------


def test_the_watch_sees_what_it_is_there_for(stage: Stage) -> None:
    canaries, people = stage.canaries, stage.people
    tells = (
        f"<p>31.{canary.NUMBER}, 29 Mar, March 1907, {canary.WORD.upper()} and {canary.WHOLE}</p>"
    )
    found = {mark.lower() for mark in canary.leaks(tells, people["visitor"], canaries)}
    assert found == {canary.NUMBER, "29 mar", "march 1907", canary.WORD, canary.WHOLE}
    assert canary.leaks(tells, people["editor"], canaries) == set()


def test_the_watch_knows_the_reader_from_the_editor(stage: Stage) -> None:
    reader, canaries = stage.people["reader"], stage.canaries
    assert canary.leaks(canary.WORD, reader, canaries) == set()
    assert canary.leaks(canary.WHOLE, reader, canaries) == {canary.WHOLE}


def test_the_watch_looks_into_archives() -> None:
    import io
    import zipfile

    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("occurrences.csv", canary.WORD)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("data.zip", inner.getvalue())
    assert canary.WORD in canary.texts(outer.getvalue())


def test_the_planted_records_hide_every_term_that_may_be_hidden(stage: Stage) -> None:
    """None of the marks stands in a column anybody reads; all stand among the withheld values."""
    canaries = stage.canaries
    record = Occurrence.objects.filter(pk=canaries.place.pk).values().get()
    record.pop("search_vector")
    assert canary.leaks(str(record), None, canaries) == set()
    kept = canaries.place.withheld.terms
    assert canaries.values.keys() <= kept.keys()
