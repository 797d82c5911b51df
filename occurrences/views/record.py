"""One record as anybody may read it, with what is withheld from this reader and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from biocollections.models import Collection
from darwincore import terms
from darwincore.terms import Term
from occurrences import clustering, merging, origins
from occurrences.forms_panels import PANELS
from occurrences.models import DeletedOccurrence, ExtensionRow, Identification, Occurrence
from occurrences.models import Protection as Level
from occurrences.protection import exact
from occurrences.readers import as_text, to_darwin_core

MOST_ROWS = 200  # of an extension; the archive holds them all
MEDIA = (terms.MULTIMEDIA_ROW, terms.AUDUBON_ROW)
# Said in words elsewhere on the page, or once more what the date says.
APART = frozenset(
    "informationWithheld dataGeneralizations recordSecurity securityReason license rightsHolder "
    "accessRights bibliographicCitation".split()
)
FROM_DATE = frozenset(("year", "month", "day", "startDayOfYear", "endDayOfYear"))
LONG = 44  # letters; a longer text takes the panel's whole width
EXTENSIONS = {
    "MeasurementOrFact": gettext_lazy("Measurements and facts"),
    "ExtendedMeasurementOrFact": gettext_lazy("Measurements and facts"),
    "ResourceRelationship": gettext_lazy("Linked resources"),
    "MaterialSample": gettext_lazy("Material samples"),
    "Reference": gettext_lazy("References"),
    "Identifier": gettext_lazy("Identifiers"),
}


class Fact(NamedTuple):
    """A filled field: its term, what it says, and what was written, where that differs."""

    term: Term
    value: str
    verbatim: str

    @property
    def is_wide(self) -> bool:
        return max(len(self.value), len(self.verbatim)) > LONG or "\n" in self.value


@require_safe
def record(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Show a record; 410 where it was deleted, 404 where there is none for this reader."""
    visible = Occurrence.objects.visible_to(request.user).defer("search_vector")
    occurrence = (
        visible.filter(guid=guid)
        .select_related("collection__institution")
        .prefetch_related("identifications", "identifiers", "collection__contacts")
        .first()
    )
    if occurrence is None:
        return _gone(request, guid)
    origins.disclose([occurrence], request.user)
    texts = to_darwin_core(occurrence)
    context = {
        "occurrence": occurrence,
        "collection": occurrence.collection,
        "texts": texts,
        "panels": list(panels(texts, _verbatim(occurrence))),
        "determinations": list(determinations(occurrence)),
        "withheld": _withheld(occurrence, texts),
        "citation": _citation(request, occurrence, texts),
        "alike": list(_alike(texts)),
        "duplicates": clustering.others(occurrence, request.user),
        **_extensions(ExtensionRow.objects.visible_to(request.user).filter(occurrence=occurrence)),
        **_rights(request.user, occurrence.collection),
    }
    return render(request, "occurrences/record.html", context)


def _gone(request: HttpRequest, guid: UUID) -> HttpResponse:
    """Answer for a record that isn't there: 410 to who could have seen it, else 404."""
    deleted = get_object_or_404(DeletedOccurrence.objects.select_related("collection"), guid=guid)
    if deleted.protection == Level.WHOLE:
        seen = Collection.objects.editable_by(request.user)
    else:
        seen = Collection.objects.visible_to(request.user)
    if not seen.contains(deleted.collection):
        raise Http404
    if survivor := merging.survivor_of(deleted):
        return _led_to(request, survivor)
    may_restore = Collection.objects.managed_by(request.user).contains(deleted.collection)
    restore = reverse("occurrences:restore", args=[guid]) if may_restore else ""
    return render(request, "410.html", {"deleted": deleted, "restore": restore}, status=410)


@never_cache
def _led_to(request: HttpRequest, survivor: UUID) -> HttpResponse:
    """Lead to the record that this one was merged into, for good, until somebody undoes it."""
    return redirect("occurrences:record", survivor, permanent=True)


def _rights(user: Any, collection: Collection) -> dict[str, bool]:
    if not user.is_authenticated:
        return {"may_edit": False}
    return {"may_edit": Collection.objects.editable_by(user).contains(collection)}


def _verbatim(occurrence: Occurrence) -> dict[str, str]:
    """Return {term name: text as it was written}, the disclosed one of a protected record."""
    return {**occurrence.verbatim, **occurrence.disclosed.get("verbatim", {})}


def panels(
    texts: dict[str, str], verbatim: dict[str, str]
) -> Iterator[tuple[str, Any, list[Fact]]]:
    """Yield (name, title, facts) of the panels in the editor's order; the last holds the rest."""
    left = {
        term.name: Fact(term, texts.get(term.name, ""), verbatim.get(term.name, ""))
        for term in terms.TERMS
        if (term.name in texts or term.name in verbatim) and term.name not in APART
    }
    if "eventDate" in left and left["eventDate"].value:
        left = {name: fact for name, fact in left.items() if name not in FROM_DATE}
    for panel in PANELS:
        columns = [each.partition(":")[0] for each in f"{panel.shown} {panel.more}".split()]
        if "event_date" in columns:  # withheld, or only the year is known
            columns += ["year", "month", "day"]
        facts = _taken(left, columns)
        if facts:
            yield panel.slug, panel.title, facts
    if left:
        yield "rest", _("Further fields"), list(left.values())


def _taken(left: dict[str, Fact], columns: Iterable[str]) -> list[Fact]:
    """Take the facts of these columns out of `left`, in this order."""
    names = (
        "otherCatalogNumbers" if column == "identifiers" else terms.BY_COLUMN[column].name
        for column in columns
    )
    return [left.pop(name) for name in names if name in left]


def determinations(occurrence: Occurrence) -> Iterator[dict[str, Any]]:
    """Yield each determination's values by column, the current one first, with its facts."""
    row = getattr(occurrence, "disclosed_row", None)
    disclosed = row.identifications if row else {}
    for identification in occurrence.identifications.all():
        columns = {c: getattr(identification, c) for c in terms.IDENTIFICATION_COLUMNS}
        values = exact(columns, disclosed.get(str(identification.guid)))
        yield {
            **values,
            "is_current": identification.is_current,
            "guid": identification.guid,
            "facts": _determination_facts(identification, values),
        }


# What a determination's line says already.
_IN_LINE = frozenset(
    "scientific_name scientific_name_authorship identification_qualifier identified_by "
    "date_identified".split()
)


def _determination_facts(identification: Identification, values: dict[str, Any]) -> list[Fact]:
    verbatim = {**identification.verbatim, **(values.get("verbatim") or {})}
    return [
        Fact(term, as_text(values[term.column] or ""), verbatim.get(term.name, ""))
        for term in terms.IDENTIFICATION_TERMS
        if (values[term.column] and term.column not in _IN_LINE) or term.name in verbatim
    ]


def _withheld(occurrence: Occurrence, texts: dict[str, str]) -> dict[str, Any] | None:
    """Return what this reader isn't shown and why, or that he is; None for an open record."""
    if occurrence.protection == Level.OPEN:
        notes = [texts.get("informationWithheld"), texts.get("dataGeneralizations")]
        return {"notes": [note for note in notes if note]} if any(notes) else None
    return {
        "protected": True,
        "disclosed": bool(getattr(occurrence, "disclosed_row", None)),
        "as_given": getattr(occurrence, "is_as_given", False),
        "whole": occurrence.protection == Level.WHOLE,
        "cell": occurrence.protection == Level.CELL,
        "reason": texts.get("securityReason", ""),
        "notes": [
            texts[name] for name in ("informationWithheld", "dataGeneralizations") if name in texts
        ],
    }


def _citation(request: HttpRequest, occurrence: Occurrence, texts: dict[str, str]) -> str:
    """Return how to cite this one record, with its address and today's date."""
    name = " ".join(
        texts[term] for term in ("scientificName", "scientificNameAuthorship") if term in texts
    )
    collected = " ".join(texts[t] for t in ("recordedBy", "recordNumber") if t in texts)
    specimen = ", ".join(part for part in (name, collected) if part)
    number = texts.get("catalogNumber", "")
    return _("%(collection)s %(number)s: %(specimen)s. %(address)s, accessed %(day)s.") % {
        "collection": occurrence.collection.name,
        "number": number or occurrence.guid,
        "specimen": specimen or texts.get("basisOfRecord", ""),
        "address": request.build_absolute_uri(occurrence.get_absolute_url()),
        "day": date_format(timezone.localdate(), "Y-m-d"),
    }


def _alike(texts: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (what, criteria) of searches for records like this one, by what everybody may see."""
    if name := texts.get("scientificName"):
        yield name, {"taxon": name}
    if (family := texts.get("family")) and family != name:
        yield family, {"taxon": family}
    if collector := texts.get("recordedBy"):
        yield collector, {"collector": collector}
    if state := texts.get("stateProvince"):
        asks = {"state": state}
        yield state, {**asks, "country": texts["country"]} if "country" in texts else asks


def _extensions(rows: QuerySet[ExtensionRow]) -> dict[str, Any]:
    """Return the media, and the other extension rows as tables: (title, heads, cells, how many)."""
    media, tables = [], []
    for row_type, group in groupby(rows, key=lambda row: row.row_type):
        found = [row.terms for row in group]
        if row_type in MEDIA:
            media += [_medium(each) for each in found]
        else:
            tables.append(_table(row_type, found))
    return {"media": media, "tables": tables}


def _medium(given: dict[str, str]) -> dict[str, Any]:
    """Return one image or sound: where it is, what it shows, and every field it came with."""
    named = {terms.simple_name(name): text for name, text in given.items()}
    addresses = ("accessURI", "identifier", "goodQualityAccessURI", "furtherInformationURL")
    pages = ("references", "furtherInformationURL", "associatedSpecimenReference")
    return {
        "address": next((named[name] for name in addresses if named.get(name)), ""),
        "page": next((named[name] for name in pages if named.get(name)), ""),
        "title": named.get("title") or named.get("description") or named.get("caption") or "",
        "kind": named.get("format") or named.get("type") or "",
        "fields": named,
    }


def _table(row_type: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    heads = list(dict.fromkeys(name for row in rows for name, text in row.items() if text))
    name = terms.simple_name(row_type)
    return {
        "title": EXTENSIONS.get(name, name),
        "heads": [(terms.simple_name(head), head) for head in heads],
        "rows": [[row.get(head, "") for head in heads] for row in rows[:MOST_ROWS]],
        "total": len(rows),
        "left_out": max(0, len(rows) - MOST_ROWS),
    }
