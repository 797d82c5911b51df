"""Addresses of collections."""

from django.urls import path

from biocollections import views

app_name = "collections"

urlpatterns = [
    path("", views.collection_list, name="list"),
    path("<uuid:guid>/", views.profile, name="profile"),
    path("<uuid:guid>/edit/", views.edit, name="edit"),
    path("<uuid:guid>/manage/", views.manage, name="manage"),
]
