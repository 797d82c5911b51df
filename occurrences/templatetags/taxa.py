"""What templates say about names and taxa: where two names differ, how many records a taxon has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from django import template
from django.db import connection
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from biocollections.models import Collection
from occurrences.cleaning import UNLINKED, Tally, scopes_of, tallies
from occurrences.models import Occurrence
from taxonomy.matching import HOW
from taxonomy.models import Taxon

register = template.Library()


@register.filter
def compared(name: str, asked: str) -> SafeString:
    """Return `name` with the letters marked in which it differs from the asked name."""
    steps = SequenceMatcher(None, asked, name, autojunk=False).get_opcodes()
    parts = []
    for step, was, been, start, end in steps:
        if step != "equal" and been > was:
            parts.append(format_html("<del>{}</del>", asked[was:been]))
        if step != "equal" and end > start:
            parts.append(format_html("<ins>{}</ins>", name[start:end]))
        elif step == "equal":
            parts.append(format_html("{}", name[start:end]))
    return format_html(
        '<span class="sci compared">{}</span>', format_html_join("", "{}", ((p,) for p in parts))
    )


@register.filter
def in_words(how: str) -> str:
    """Return how a name was linked, or why a person has to look, in words."""
    return str(HOW.get(how, how))


_RECORDS = """
    SELECT above.id, count(*) FROM taxonomy_taxon above
    JOIN taxonomy_taxon t ON t.path <@ above.path
    JOIN taxonomy_name n ON n.taxon_id = t.id
    JOIN ({visible}) o ON o.name_id = n.id
    WHERE above.id = ANY(%s) GROUP BY above.id
"""


@register.simple_tag(takes_context=True)
def taxon_records(context: Any, taxa: Iterable[Taxon]) -> dict[int, int]:
    """Return {taxon key: records of it and all below it, synonyms too, that the reader may see}.

    A taxon without records isn't there: `counts|at_key:taxon.pk`. One query for the whole list.
    """
    ids = [taxon.pk for taxon in taxa]
    visible = Occurrence.objects.visible_to(context["user"]).prefetch_related(None).order_by()
    statement, parameters = visible.values("name_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_RECORDS.format(visible=statement), [*parameters, ids])
        return dict(cursor.fetchall())


@register.simple_tag(takes_context=True)
def unlinked_names(context: Any, collection: Collection) -> Tally:
    """Return how many names of a collection are not linked, to who may edit it."""
    scope = scopes_of(context["user"], str(collection.guid))
    found = tallies(scope) if scope else {}
    open_ = [found[state] for state in UNLINKED if state in found]
    return Tally(sum(each.names for each in open_), sum(each.records for each in open_))


MOST_SYNONYMS = 60


@register.simple_tag
def taxon_of(record: Occurrence) -> dict[str, Any] | None:
    """Return what the thesaurus says of a record's name, None where it isn't linked.

    {taxon, accepted, classification (from the top down), synonyms}.
    """
    taxa = Taxon.objects.select_related("current")
    taxon = taxa.filter(names=record.name_id).first() if record.name_id else None
    if taxon is None:
        return None
    accepted = taxon.current or taxon
    above = [int(pk) for pk in str(accepted.path).split(".")[:-1]]
    by_key = Taxon.objects.in_bulk(above)
    synonyms = accepted.synonyms.live().order_by("scientific_name", "pk")
    return {
        "taxon": taxon,
        "accepted": accepted,
        "classification": [by_key[pk] for pk in above if pk in by_key],
        "synonyms": synonyms[:MOST_SYNONYMS],
    }
