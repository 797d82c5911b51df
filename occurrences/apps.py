from django.apps import AppConfig


class OccurrencesConfig(AppConfig):
    name = "occurrences"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from occurrences import restoring  # noqa: F401  registers how records are taken back
