"""Addresses of collections, and of who may do what in them."""

from django.urls import path

from biocollections.views import collection, joining, permissions, places, requesting

app_name = "collections"

urlpatterns = [
    path("", collection.collection_list, name="list"),
    path("<uuid:guid>/", collection.profile, name="profile"),
    path("<uuid:guid>/edit/", collection.edit, name="edit"),
    path("<uuid:guid>/join/", joining.join_collection, name="join_collection"),
    path("join/", joining.join, name="join"),
    path("join/bring/", joining.bring, name="bring"),
    path("join/text/", joining.text, name="join_text"),
    path("join/requests/", joining.requests, name="join_requests"),
    path("join/requests/<uuid:guid>/", joining.join_request, name="join_request"),
    path("join/requests/<uuid:guid>/decide/", joining.decide, name="join_decide"),
    path("join/requests/<uuid:guid>/withdraw/", joining.withdraw, name="join_withdraw"),
    path("<uuid:guid>/manage/", collection.manage, name="manage"),
    path("<uuid:guid>/permissions/", permissions.permissions, name="permissions"),
    path("permissions/", permissions.portal_permissions, name="portal_permissions"),
    path("permissions/<uuid:guid>/", permissions.grant, name="grant"),
    path("permissions/<uuid:guid>/revoke/", permissions.revoke, name="grant_revoke"),
    path("access/", requesting.access_requests, name="access_requests"),
    path("access/new/", requesting.access_new, name="access_new"),
    path("access/<uuid:guid>/", requesting.access_request, name="access_request"),
    path("access/<uuid:guid>/attached/", requesting.access_file, name="access_file"),
    path("access/answers/<uuid:guid>/decide/", requesting.access_decide, name="access_decide"),
    path("access/answers/<uuid:guid>/say/", requesting.access_answer, name="access_answer"),
    path(
        "access/answers/<uuid:guid>/withdraw/", requesting.access_withdraw, name="access_withdraw"
    ),
    path("access/answers/<uuid:guid>/revoke/", requesting.access_revoke, name="access_revoke"),
    path("<uuid:guid>/access/", requesting.access_collection, name="access_collection"),
    path("places/", places.gazetteer, name="places"),
    path("places/suggest/", places.suggest, name="places_suggest"),
    path("people/", permissions.people, name="people"),
    path("people/suggest/", permissions.suggest, name="people_suggest"),
    path("people/<uuid:guid>/", permissions.person, name="person"),
]
