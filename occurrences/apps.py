from django.apps import AppConfig


class OccurrencesConfig(AppConfig):
    name = "occurrences"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers how records are taken back and by whom, and the jobs.
        from occurrences import (  # noqa: F401
            batch_deleting,
            batch_determining,
            batch_editing,
            batch_georeferencing,
            cleaning,
            cluster_job,
            cluster_news,
            clustering,
            commenting,
            copied_from,
            deciding,
            disclosing,
            downloads,
            habits,
            handing_back,
            history,
            imports,
            labels,
            media,
            merging,
            moving,
            offering,
            packing,
            profile_merging,
            protecting,
            referring,
            refreshing,
            reminding,
            restoring,
            restoring_names,
            sending,
            suggesting_edits,
        )
