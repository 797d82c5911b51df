from django.apps import AppConfig


class TaxonomyConfig(AppConfig):
    name = "taxonomy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers how taxa and proposals are taken back.
        from taxonomy import proposals, restoring  # noqa: F401
