"""Addresses of records, imports, downloads and changes. Everything goes by its GUID."""

from django.urls import path

from occurrences.views import (
    cleaning,
    cloning,
    disclosing,
    distribution,
    downloading,
    editing,
    entering,
    history,
    importing,
    mapping_import,
    protecting,
    reading,
    record,
    search,
)

app_name = "occurrences"

urlpatterns = [
    path("occurrences/", search.search, name="search"),
    path("occurrences/<uuid:guid>/", record.record, name="record"),
    path("occurrences/new/<uuid:collection>/", editing.add, name="add"),
    path("occurrences/read/", editing.read, name="read"),
    path("occurrences/edit/", editing.edit_search, name="edit_search"),
    path("occurrences/skeletal/<uuid:collection>/", cloning.skeletal, name="skeletal"),
    path(
        "occurrences/suggest/<uuid:collection>/<slug:column>/", entering.suggest, name="suggest"
    ),
    path("occurrences/number/<uuid:collection>/", entering.next_number, name="next_number"),
    path("occurrences/habits/", entering.habits, name="habits"),
    path("occurrences/session/", entering.session, name="session"),
    path("occurrences/<uuid:guid>/clone/", cloning.clone, name="clone"),
    path("occurrences/<uuid:guid>/edit/", editing.edit, name="edit"),
    path("occurrences/<uuid:guid>/delete/", editing.delete, name="delete"),
    path("occurrences/<uuid:guid>/restore/", editing.restore, name="restore"),
    path("occurrences/<uuid:guid>/history/", history.history, name="history"),
    path("occurrences/<uuid:guid>/public/", protecting.public_view, name="public_view"),
    path("protected-species/", protecting.protected_species, name="protected_species"),
    path("protected-species/new/", protecting.protection_list_new, name="protection_list_new"),
    path("protected-species/<uuid:guid>/", protecting.protection_list, name="protection_list"),
    path(
        "protected-species/<uuid:guid>/edit/",
        protecting.protection_list_edit,
        name="protection_list_edit",
    ),
    path(
        "protected-species/rules/<uuid:guid>/remove/",
        protecting.protection_rule_end,
        name="protection_rule_end",
    ),
    path(
        "protected-species/rules/<uuid:guid>/go-on/",
        protecting.protection_rule_resume,
        name="protection_rule_resume",
    ),
    path("names/<str:scope>/", cleaning.cleaning, name="cleaning"),
    path("names/<str:scope>/run/", cleaning.cleaning_run, name="cleaning_run"),
    path("names/<str:scope>/decide/", cleaning.cleaning_decide, name="cleaning_decide"),
    path("names/<str:scope>/undo/<uuid:guid>/", cleaning.cleaning_undo, name="cleaning_undo"),
    path(
        "collections/<uuid:collection>/distribution/",
        distribution.distribution,
        name="distribution",
    ),
    path("reading/", reading.reading, name="reading"),
    path("changes/<uuid:guid>/", history.change_set, name="change_set"),
    path("changes/<uuid:guid>/undo/", history.undo, name="undo"),
    path("collections/<uuid:collection>/changes/", history.changes, name="changes"),
    path("imports/of/<uuid:collection>/", importing.imports, name="imports"),
    path("imports/new/<uuid:collection>/", mapping_import.import_new, name="import_new"),
    path("imports/<uuid:guid>/", importing.import_run, name="import"),
    path("imports/<uuid:guid>/mapping/", mapping_import.import_mapping, name="import_mapping"),
    path("imports/<uuid:guid>/reading/", mapping_import.import_reading, name="import_reading"),
    path("imports/<uuid:guid>/apply/", importing.import_apply, name="import_apply"),
    path("imports/<uuid:guid>/undo/", importing.import_undo, name="import_undo"),
    path("imports/<uuid:guid>/discard/", importing.import_discard, name="import_discard"),
    path(
        "imports/<uuid:guid>/rows/<int:number>/exclude/",
        importing.import_exclude,
        name="import_exclude",
    ),
    path(
        "imports/<uuid:guid>/not-imported.csv",
        importing.import_not_imported,
        name="import_not_imported",
    ),
    path("collections/<uuid:collection>/exact/", disclosing.exact, name="exact"),
    path("collections/<uuid:collection>/exact/log/", disclosing.exact_log, name="exact_log"),
    path("downloads/new/<uuid:collection>/", downloading.download_new, name="download_new"),
    path("downloads/<uuid:guid>/", downloading.download, name="download"),
    path("downloads/<uuid:guid>/file/", downloading.download_file, name="download_file"),
]
