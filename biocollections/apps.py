"""Institutions, collections and who may do what in them."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BiocollectionsConfig(AppConfig):
    """The app of collections.

    The folder can't be called `collections`: beside manage.py it would hide Python's own module
    of that name, and nothing would start. The label keeps the word for tables and permissions.
    """

    name = "biocollections"
    label = "collections"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from biocollections import (  # noqa: F401  register what they do and how to take it back
            granting,
            joining,
            leaving,
            metadata,
            place_files,
            places,
            requesting,
        )

        post_migrate.connect(places.seed, sender=self)
