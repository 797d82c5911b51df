"""Addresses of the thesaurus and of what is proposed for it."""

from django.urls import path

from taxonomy.views import checklists, editing, explorer, proposals, taxon

app_name = "taxonomy"

urlpatterns = [
    path("", explorer.explorer, name="explorer"),
    path("add/", editing.add, name="add"),
    path("suggest/", explorer.suggest, name="suggest"),
    path("check/", explorer.check, name="check"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/new/", proposals.propose, name="propose"),
    path("proposals/<uuid:guid>/", proposals.proposal, name="proposal"),
    path("proposals/<uuid:guid>/accept/", proposals.accept, name="proposal_accept"),
    path("proposals/<uuid:guid>/decline/", proposals.decline, name="proposal_decline"),
    path("proposals/<uuid:guid>/withdraw/", proposals.withdraw, name="proposal_withdraw"),
    path("checklists/", checklists.checklists, name="checklists"),
    path("checklists/new/", checklists.checklist_new, name="checklist_new"),
    path("checklists/<uuid:guid>/", checklists.checklist, name="checklist"),
    path("checklists/<uuid:guid>/load/", checklists.checklist_load, name="checklist_load"),
    path(
        "checklists/<uuid:guid>/not-taken/", checklists.checklist_blocked, name="checklist_blocked"
    ),
    path(
        "checklists/<uuid:guid>/difference/",
        checklists.checklist_difference,
        name="checklist_difference",
    ),
    path("checklists/<uuid:guid>/compare/", checklists.checklist_compare, name="checklist_compare"),
    path("checklists/<uuid:guid>/use/", checklists.checklist_use, name="checklist_use"),
    path("checklists/<uuid:guid>/discard/", checklists.checklist_discard, name="checklist_discard"),
    path("<uuid:guid>/", taxon.taxon, name="taxon"),
    path("<uuid:guid>/children/", explorer.children, name="children"),
    path("<uuid:guid>/history/", taxon.history, name="history"),
    path("<uuid:guid>/edit/", editing.edit, name="edit"),
    path("<uuid:guid>/move/", editing.move, name="move"),
    path("<uuid:guid>/acceptance/", editing.acceptance, name="acceptance"),
    path("<uuid:guid>/merge/", editing.merge, name="merge"),
    path("<uuid:guid>/delete/", editing.delete, name="delete"),
]
