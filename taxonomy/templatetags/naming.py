"""How templates write a taxon: its name set as its rank asks, its author quiet, linked or not."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from taxonomy import italics, looking_up
from taxonomy.models import Taxon

register = template.Library()


@register.simple_tag
def taxon_name(taxon: Taxon | None, author: bool = True, link: bool = False) -> SafeString | str:
    """Return a taxon's name for a page; blank for none."""
    if taxon is None:
        return ""
    name = scientific(taxon.scientific_name, taxon.rank)
    if link:
        name = format_html('<a href="{}">{}</a>', taxon.get_absolute_url(), name)
    if author and taxon.authorship:
        return format_html('{} <span class="author">{}</span>', name, taxon.authorship)
    return name


@register.filter
def scientific(name: str, rank: str = "species") -> SafeString:
    """Return a scientific name with what is Latin of it in italics."""
    parts = (
        ('<i class="sci">{}</i>' if slanted else "{}", text)
        for text, slanted in italics.parts(name, rank)
    )
    return format_html_join("", "{}", ((format_html(markup, text),) for markup, text in parts))


@register.filter
def taxon_label(taxon: Taxon) -> str:
    """Return what a field holds that means this taxon and no other."""
    return looking_up.label(taxon)


@register.filter
def of_key(mapping: dict[Any, Any], key: Any) -> Any:
    """Return what `mapping` holds under `key`, or 0."""
    return mapping.get(key, 0)
