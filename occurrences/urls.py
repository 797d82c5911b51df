"""Addresses of records, imports, downloads and changes. Everything goes by its GUID."""

from django.urls import path

from occurrences.views import downloading, editing, history, record, search

app_name = "occurrences"

urlpatterns = [
    path("occurrences/", search.search, name="search"),
    path("occurrences/<uuid:guid>/", record.record, name="record"),
    path("occurrences/new/<uuid:collection>/", editing.add, name="add"),
    path("occurrences/read/", editing.read, name="read"),
    path("occurrences/<uuid:guid>/edit/", editing.edit, name="edit"),
    path("occurrences/<uuid:guid>/delete/", editing.delete, name="delete"),
    path("occurrences/<uuid:guid>/restore/", editing.restore, name="restore"),
    path("occurrences/<uuid:guid>/history/", history.history, name="history"),
    path("changes/<uuid:guid>/", history.change_set, name="change_set"),
    path("changes/<uuid:guid>/undo/", history.undo, name="undo"),
    path("collections/<uuid:collection>/changes/", history.changes, name="changes"),
    path("downloads/new/<uuid:collection>/", downloading.download_new, name="download_new"),
    path("downloads/<uuid:guid>/", downloading.download, name="download"),
    path("downloads/<uuid:guid>/file/", downloading.download_file, name="download_file"),
]
