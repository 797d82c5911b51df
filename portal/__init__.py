"""The assembled site. Importing it loads the Celery application, so tasks know their broker."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
