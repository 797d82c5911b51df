"""Addresses of collections, and of who may do what in them."""

from django.urls import path

from biocollections.views import collection, permissions, places

app_name = "collections"

urlpatterns = [
    path("", collection.collection_list, name="list"),
    path("<uuid:guid>/", collection.profile, name="profile"),
    path("<uuid:guid>/edit/", collection.edit, name="edit"),
    path("<uuid:guid>/manage/", collection.manage, name="manage"),
    path("<uuid:guid>/permissions/", permissions.permissions, name="permissions"),
    path("permissions/", permissions.portal_permissions, name="portal_permissions"),
    path("permissions/<uuid:guid>/", permissions.grant, name="grant"),
    path("permissions/<uuid:guid>/revoke/", permissions.revoke, name="grant_revoke"),
    path("places/suggest/", places.suggest, name="places_suggest"),
    path("people/", permissions.people, name="people"),
    path("people/suggest/", permissions.suggest, name="people_suggest"),
    path("people/<uuid:guid>/", permissions.person, name="person"),
]
