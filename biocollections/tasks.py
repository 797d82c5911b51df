"""What the beat does for collections."""

from celery import shared_task

from biocollections import requesting


@shared_task(name="biocollections.tasks.remind")
def remind() -> None:
    """Remind the help desk of requests for exact places that nobody answers."""
    requesting.remind()
