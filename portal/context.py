"""What every page knows besides its own context."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the site's name, help desk and way to register, and the reader's theme ("" = none)."""
    theme = request.COOKIES.get("theme", "")
    return {
        "site_name": settings.SITE_NAME,
        "help_desk": settings.HELP_DESK,
        "is_demo": settings.DEMO,
        "registration": settings.REGISTRATION,
        "theme": theme if theme in THEMES else "",
        "quick_search": request.GET.get("q", ""),
    }
