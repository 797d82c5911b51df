"""Which answers a cache may hand to somebody else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control

Answer = Callable[[HttpRequest], HttpResponseBase]


def keep_private(get_response: Answer) -> Answer:
    """Keep what was made for one person, or gives him a cookie, out of shared caches.

    It may be stored by his own browser (the way back to a half-filled form needs that), which asks
    again before it shows it. A view that says itself what a cache may do is left alone.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        person = getattr(request, "user", None)
        is_personal = bool(response.cookies) or (person is not None and person.is_authenticated)
        if is_personal and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return answer
