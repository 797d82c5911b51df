"""What the beat does for records."""

from celery import shared_task

from occurrences import refreshing


@shared_task(name="occurrences.tasks.refresh")
def refresh() -> int:
    """Ask the sources of import profiles whose time has come."""
    return refreshing.start_due()
