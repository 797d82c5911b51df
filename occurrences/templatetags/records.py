"""What templates say about records: numbers of a collection, and links found in records."""

from typing import Any

from django import template
from django.utils.html import format_html

from biocollections.models import Collection
from journal import undo
from journal.models import ChangeSet
from occurrences import statistics
from occurrences.models import Download, ImportRun

register = template.Library()


@register.simple_tag(takes_context=True)
def collection_statistics(context: Any, collection: Collection) -> statistics.Statistics:
    """Return the numbers of a collection as the reader of the page may see them, counted now."""
    return statistics.of_collection(collection, context["user"])


@register.simple_tag(takes_context=True)
def record_counts(context: Any) -> dict[int, int]:
    """Return {collection id: records that the reader of the page may see}, counted now."""
    return statistics.record_counts(context["user"])


@register.simple_tag(takes_context=True)
def recent_imports(context: Any, collection: Collection) -> Any:
    """Return the last imports into a collection, to who may see its files."""
    runs = ImportRun.objects.visible_to(context["user"]).filter(collection=collection)
    return runs.prefetch_related("change_set__undone_by").order_by("-pk")[:5]


@register.simple_tag(takes_context=True)
def recent_downloads(context: Any, collection: Collection) -> Any:
    """Return the reader's own last backups of a collection."""
    return Download.objects.visible_to(context["user"]).filter(collection=collection)[:3]


@register.simple_tag(takes_context=True)
def recent_changes(context: Any, collection: Collection) -> Any:
    """Return the last things done in a collection, to who edits it."""
    if not Collection.objects.editable_by(context["user"]).filter(pk=collection.pk).exists():
        return ChangeSet.objects.none()
    return ChangeSet.objects.filter(collection_id=collection.pk).select_related("user")[:6]


@register.filter
def is_undone(run: ImportRun) -> bool:
    """Tell whether what an import wrote has been taken back."""
    return bool(run.change_set and undo.is_undone(run.change_set))


@register.filter
def at_key(mapping: dict[Any, Any], key: Any) -> Any:
    """Return what `mapping` holds under `key`, 0 where it holds nothing."""
    return mapping.get(key, 0)


@register.filter
def linked(text: str) -> str:
    """Return a web address as a link that leads away, anything else as it is (and escaped).

    Records come from everywhere: only http and https become links, and search engines are told
    not to follow them.
    """
    if not is_web_address(text):
        return text
    return format_html('<a href="{0}" rel="noopener nofollow">{0}</a>', text)


@register.filter
def is_web_address(text: Any) -> bool:
    """Tell whether the whole text is an address of the web."""
    plain = str(text)
    return plain.lower().startswith(("https://", "http://")) and not any(map(str.isspace, plain))
