"""What the beat does for records."""

from celery import shared_task

from occurrences import forgetting, media, refreshing, reminding


@shared_task(name="occurrences.tasks.refresh")
def refresh() -> int:
    """Ask the sources of import profiles whose time has come."""
    return refreshing.start_due()


@shared_task(name="occurrences.tasks.forget_rows")
def forget_rows() -> int:
    """Let the staged rows of old imports go; return how many."""
    return forgetting.forget_rows()


@shared_task(name="occurrences.tasks.sweep_media")
def sweep_media() -> int:
    """Let go of images that were uploaded in vain; return how many."""
    return media.sweep()


@shared_task(name="occurrences.tasks.remind_of_offers")
def remind_of_offers() -> tuple[int, int]:
    """Remind of offers that wait, and let those expire whose time is over."""
    return reminding.remind()
