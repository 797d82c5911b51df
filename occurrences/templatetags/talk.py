"""What templates say about suggestions and comments: how many wait, and whether one may speak."""

from typing import Any

from django import template

from biocollections.models import Collection
from occurrences import commenting
from occurrences import suggesting_edits as suggesting
from occurrences.models import Comment, Occurrence, Suggestion

register = template.Library()


@register.simple_tag(takes_context=True)
def comments_on(context: Any, occurrence: Occurrence) -> int:
    """Return how many comments on a record the reader of the page sees."""
    told = commenting.visible_to(context["user"]).filter(record_guid=occurrence.guid)
    return told.exclude(state=Comment.State.DELETED).count()


@register.simple_tag(takes_context=True)
def may_suggest(context: Any, occurrence: Occurrence) -> bool:
    """Tell whether the reader may suggest a correction of a record that he doesn't edit."""
    return suggesting.takes_from(context["user"], occurrence)


@register.simple_tag(takes_context=True)
def to_review(context: Any, collection: Collection | None = None) -> dict[str, int]:
    """Return how many suggestions and comments wait for the reader, here or in all he edits."""
    user = context["user"]
    suggested = suggesting.reviewable_by(user).filter(state=Suggestion.State.OPEN)
    comments = commenting.reviewable_by(user).filter(state=Comment.State.WAITING)
    if collection:
        suggested = suggested.filter(suggesting.within(collection))
        comments = comments.filter(commenting.within(collection))
    return {"suggestions": suggested.count(), "comments": comments.count()}
