"""Addresses of records, imports, downloads and changes. Everything goes by its GUID."""

from django.urls import path

from occurrences.views import (
    batch,
    batch_edit,
    cleaning,
    cloning,
    clusters,
    comments,
    deciding_import,
    disclosing,
    distribution,
    downloading,
    duplicating,
    editing,
    entering,
    history,
    importing,
    mapping_import,
    profiles,
    protecting,
    reading,
    record,
    search,
    suggestions,
    symbiota,
)

app_name = "occurrences"

urlpatterns = [
    path("occurrences/", search.search, name="search"),
    path("occurrences/<uuid:guid>/", record.record, name="record"),
    path("occurrences/new/<uuid:collection>/", editing.add, name="add"),
    path("occurrences/read/", editing.read, name="read"),
    path("occurrences/edit/", editing.edit_search, name="edit_search"),
    path("occurrences/skeletal/<uuid:collection>/", cloning.skeletal, name="skeletal"),
    path("occurrences/suggest/<uuid:collection>/<slug:column>/", entering.suggest, name="suggest"),
    path("occurrences/number/<uuid:collection>/", entering.next_number, name="next_number"),
    path("occurrences/habits/", entering.habits, name="habits"),
    path("occurrences/session/", entering.session, name="session"),
    path("occurrences/<uuid:guid>/clone/", cloning.clone, name="clone"),
    path("occurrences/<uuid:guid>/edit/", editing.edit, name="edit"),
    path("occurrences/<uuid:guid>/delete/", editing.delete, name="delete"),
    path("occurrences/<uuid:guid>/restore/", editing.restore, name="restore"),
    path("occurrences/<uuid:guid>/history/", history.history, name="history"),
    path("occurrences/<uuid:guid>/past/", history.past, name="past"),
    path("occurrences/<uuid:guid>/revert/", history.revert, name="revert"),
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
    path("batch/new/", batch.batch_new, name="batch_new"),
    path("batch/<uuid:guid>/", batch.batch, name="batch"),
    path("batch/<uuid:guid>/apply/", batch.batch_apply, name="batch_apply"),
    path("batch/<uuid:guid>/edit/", batch_edit.batch_edit, name="batch_edit"),
    path("batch/<uuid:guid>/values/", batch_edit.batch_values, name="batch_values"),
    path("clusters/", clusters.clusters, name="clusters"),
    path("clusters/run/", clusters.cluster_run, name="cluster_run"),
    path("clusters/<uuid:guid>/", clusters.cluster, name="cluster"),
    path("clusters/<uuid:guid>/name/", clusters.cluster_name, name="cluster_name"),
    path("clusters/<uuid:guid>/part/", clusters.cluster_part, name="cluster_part"),
    path("duplicates/of/<uuid:collection>/", duplicating.find, name="duplicates"),
    path("duplicates/<uuid:guid>/take/", duplicating.take, name="duplicate_take"),
    path("duplicates/<uuid:guid>/ask/", duplicating.ask, name="duplicate_ask"),
    path("occurrences/<uuid:guid>/link/", clusters.link, name="link"),
    path("reading/", reading.reading, name="reading"),
    path(
        "occurrences/<uuid:guid>/suggest-correction/",
        suggestions.suggest_correction,
        name="suggest_correction",
    ),
    path("suggestions/", suggestions.suggestions_mine, name="suggestions_mine"),
    path("suggestions/<uuid:guid>/", suggestions.suggestion, name="suggestion"),
    path(
        "suggestions/<uuid:guid>/decide/", suggestions.suggestion_decide, name="suggestion_decide"
    ),
    path("suggestions/<uuid:guid>/reply/", suggestions.suggestion_reply, name="suggestion_reply"),
    path(
        "collections/<uuid:collection>/suggestions/", suggestions.suggestions, name="suggestions"
    ),
    path("occurrences/<uuid:guid>/comments/", comments.comments, name="comments"),
    path("comments/<uuid:guid>/<slug:what>/", comments.comment_do, name="comment_do"),
    path("collections/<uuid:collection>/comments/", comments.comments_of, name="comments_of"),
    path("changes/<uuid:guid>/", history.change_set, name="change_set"),
    path("changes/<uuid:guid>/undo/", history.undo, name="undo"),
    path("collections/<uuid:collection>/changes/", history.changes, name="changes"),
    path(
        "collections/<uuid:collection>/changes.csv", history.changes_file, name="changes_file"
    ),
    path("imports/of/<uuid:collection>/", importing.imports, name="imports"),
    path(
        "imports/profiles/of/<uuid:collection>/", profiles.import_profiles, name="import_profiles"
    ),
    path("imports/profiles/<uuid:guid>/", profiles.import_profile, name="import_profile"),
    path(
        "imports/profiles/<uuid:guid>/run/", profiles.import_profile_run, name="import_profile_run"
    ),
    path(
        "imports/profiles/<uuid:guid>/delete/",
        profiles.import_profile_delete,
        name="import_profile_delete",
    ),
    path("imports/fetch/<uuid:collection>/", profiles.import_fetch, name="import_fetch"),
    path("imports/symbiota/<uuid:collection>/", symbiota.bring_symbiota, name="import_symbiota"),
    path("imports/<uuid:guid>/profile/", profiles.import_profile_new, name="import_profile_new"),
    path("imports/<uuid:guid>/retire/", profiles.import_retire, name="import_retire"),
    path("imports/new/<uuid:collection>/", mapping_import.import_new, name="import_new"),
    path("imports/<uuid:guid>/", importing.import_run, name="import"),
    path("imports/<uuid:guid>/mapping/", mapping_import.import_mapping, name="import_mapping"),
    path("imports/<uuid:guid>/reading/", mapping_import.import_reading, name="import_reading"),
    path("imports/<uuid:guid>/apply/", importing.import_apply, name="import_apply"),
    path("imports/<uuid:guid>/undo/", importing.import_undo, name="import_undo"),
    path("imports/<uuid:guid>/discard/", importing.import_discard, name="import_discard"),
    path(
        "imports/<uuid:guid>/rows/<int:number>/",
        deciding_import.import_row_page,
        name="import_row",
    ),
    path(
        "imports/<uuid:guid>/rows/<int:number>/exclude/",
        deciding_import.import_exclude,
        name="import_exclude",
    ),
    path(
        "imports/<uuid:guid>/rows/<int:number>/decide/",
        deciding_import.import_decide,
        name="import_decide",
    ),
    path(
        "imports/<uuid:guid>/exclude/",
        deciding_import.import_exclude_all,
        name="import_exclude_all",
    ),
    path(
        "imports/<uuid:guid>/decide/",
        deciding_import.import_decide_all,
        name="import_decide_all",
    ),
    path("imports/<uuid:guid>/fix/", deciding_import.import_fix, name="import_fix"),
    path(
        "imports/<uuid:guid>/fixes/<int:index>/undo/",
        deciding_import.import_unfix,
        name="import_unfix",
    ),
    path("imports/<uuid:guid>/copies/", deciding_import.import_as_copies, name="import_as_copies"),
    path(
        "imports/<uuid:guid>/hand-over/", deciding_import.import_hand_over, name="import_hand_over"
    ),
    path(
        "imports/<uuid:guid>/take-back/", deciding_import.import_take_back, name="import_take_back"
    ),
    path(
        "imports/<uuid:guid>/not-imported.csv",
        deciding_import.import_not_imported,
        name="import_not_imported",
    ),
    path("collections/<uuid:collection>/exact/", disclosing.exact, name="exact"),
    path("collections/<uuid:collection>/exact/log/", disclosing.exact_log, name="exact_log"),
    path("downloads/new/<uuid:collection>/", downloading.download_new, name="download_new"),
    path("downloads/<uuid:guid>/", downloading.download, name="download"),
    path("downloads/<uuid:guid>/file/", downloading.download_file, name="download_file"),
    # Where a Symbiota portal had its records; links to them are in papers and other databases.
    path("collections/individual/index.php", symbiota.symbiota_record, name="symbiota_record"),
    path(
        "collections/editor/occurrenceeditor.php",
        symbiota.symbiota_record,
        {"to": "occurrences:edit"},
        name="symbiota_editor",
    ),
    path("collections/list.php", symbiota.symbiota_search, name="symbiota_list"),
    path("collections/listtabledisplay.php", symbiota.symbiota_search, name="symbiota_table"),
]
