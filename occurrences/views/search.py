"""The search: what was found, as a list or a table, with its criteria, facets and pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from biocollections.models import Collection
from occurrences import paging
from occurrences.models import Occurrence, Protection
from occurrences.protection import exact
from occurrences.search import FacetValue, SearchCriteria, SearchForm, Summary, apply, summarize
from occurrences.taxon_search import label

LISTED = (
    "scientific_name scientific_name_authorship identification_qualifier family type_status "
    "catalog_number recorded_by record_number event_date verbatim_event_date year country "
    "state_province county municipality locality verbatim_locality"
).split()
SORTS = {
    "name": gettext_lazy("Scientific Name"),
    "collector": gettext_lazy("Collector"),
    "date": gettext_lazy("Date, oldest first"),
    "-date": gettext_lazy("Date, latest first"),
    "catalog": gettext_lazy("Catalog Number"),
    "-entered": gettext_lazy("Entered last"),
}
CHIPS = {
    "q": gettext_lazy("Words"),
    "taxon": gettext_lazy("Taxon"),
    "collector": gettext_lazy("Collector"),
    "number": gettext_lazy("Number"),
    "date": gettext_lazy("Date"),
    "country": gettext_lazy("Country"),
    "state": gettext_lazy("State"),
    "county": gettext_lazy("County"),
    "locality": gettext_lazy("Locality"),
    "catalog_number": gettext_lazy("Catalog Number"),
    "collection": gettext_lazy("Collection"),
    "types": gettext_lazy("Only"),
}


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what a search finds; without criteria all there is, and the form."""
    collections = _collections(request.user)
    form = SearchForm(request.GET, collections.values())
    if not form.is_valid():
        return render(request, "occurrences/search.html", {"form": form, "view": "list"})
    criteria = form.criteria
    found = apply(Occurrence.objects.visible_to(request.user), criteria)
    summary = summarize(found)
    shape = Shape(request.GET)
    listed = found.only("guid", "collection_id", "protection", *LISTED)
    page = _page(request, listed, shape.sort, few=summary.is_exact)
    context = {
        "form": form,
        "criteria": criteria,
        "summary": summary,
        "page": page,
        "rows": [Row(each, collections) for each in page.records],
        "may_edit": any(each.may_edit for each in collections.values()),  # type: ignore[attr-defined]
        **shape.context(criteria, summary, page, collections),
    }
    if not summary.total:
        context["looser"] = _looser(request.user, criteria, shape)
    return render(request, "occurrences/search.html", context)


def _page(request: HttpRequest, found: Any, sort: str, *, few: bool) -> paging.Page:
    """Return the page asked for; the first one, and a word about it, when it can't be told."""
    try:
        return paging.turn_to(found, sort, request.GET.get("page", ""), few=few)
    except paging.BadCursor:
        messages.warning(request, _("That page can't be found any more. This is the first one."))
        return paging.turn_to(found, sort, few=few)


def _collections(user: Any) -> dict[int, Collection]:
    """Return the collections `user` may see, by key; `may_edit` tells which he edits."""
    editable = Collection.objects.editable_by(user).values("pk")
    visible = Collection.objects.visible_to(user).annotate(may_edit=Q(pk__in=editable))
    return {collection.pk: collection for collection in visible}


def _looser(user: Any, criteria: SearchCriteria, shape: Shape) -> dict[str, Any] | None:
    """Return how many records words that go on would find, and the address; None when none."""
    looser = criteria.loosened()
    total = summarize(apply(Occurrence.objects.visible_to(user), looser)).total
    return {"total": total, "url": shape.url(looser)} if total else None


class Row:
    """A record as a list shows it: its values, as this reader may see them."""

    def __init__(self, occurrence: Occurrence, collections: dict[int, Collection]) -> None:
        self.occurrence = occurrence
        self.collection = collections[occurrence.collection_id]
        columns = {column: getattr(occurrence, column) for column in LISTED}
        shown = exact(columns, occurrence.disclosed)
        self.values = {column: shown[column] for column in LISTED}

    @property
    def is_redacted(self) -> bool:
        return self.occurrence.protection != Protection.OPEN and not self.is_disclosed

    @property
    def is_disclosed(self) -> bool:
        return bool(getattr(self.occurrence, "disclosed_row", None))

    @property
    def is_hidden(self) -> bool:
        """Whether only its own editors see the record at all."""
        return self.occurrence.protection == Protection.WHOLE

    @property
    def date(self) -> Any:
        value = self.values
        return value["event_date"] or value["verbatim_event_date"] or value["year"]

    @property
    def place(self) -> str:
        """Country, state, county and municipality, then the locality after a colon."""
        names = (self.values[c] for c in ("country", "state_province", "county", "municipality"))
        region = ", ".join(name for name in names if name)
        locality = self.values["locality"] or self.values["verbatim_locality"]
        return ": ".join(part for part in (region, locality) if part)


class Shape:
    """How results are shown, list or table and in which order; and addresses that keep it so."""

    def __init__(self, query: Any) -> None:
        self.view = "table" if query.get("view") == "table" else "list"
        sort = query.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in paging.SORTS else "name"

    def url(self, criteria: SearchCriteria, **changes: str) -> str:
        """Return the address of a search in this shape, or with these changes to it."""
        kept = {"view": self.view, "sort": self.sort, **changes}
        plain = {"view": "list", "sort": "name"}
        rest = urlencode({k: v for k, v in kept.items() if v and v != plain.get(k)})
        return "?" + "&".join(part for part in (criteria.to_query(), rest) if part)

    def context(
        self,
        criteria: SearchCriteria,
        summary: Summary,
        page: paging.Page,
        collections: dict[int, Collection],
    ) -> dict[str, Any]:
        """Return everything on the page that is a link to the same search, or one beside it."""
        return {
            "view": self.view,
            "sort": self.sort,
            "views": [
                (name, label, self.url(criteria, view=name))
                for name, label in (("list", _("List")), ("table", _("Table")))
            ],
            "sorts": [
                (name, label, self.url(criteria, sort=name)) for name, label in SORTS.items()
            ],
            "heads": {name: self._head(criteria, name) for name in paging.SORTS},
            "chips": list(self._chips(criteria, collections)),
            "facets": list(self._facets(criteria, summary, collections)),
            "previous_url": page.previous and self.url(criteria, page=page.previous),
            "next_url": page.next and self.url(criteria, page=page.next),
        }

    def _head(self, criteria: SearchCriteria, name: str) -> dict[str, str]:
        """Return the link in a table's head, and how the table is sorted by that column now."""
        turned = f"-{name}" if self.sort == name else name
        directions = {name: "ascending", f"-{name}": "descending"}
        return {"url": self.url(criteria, sort=turned), "aria": directions.get(self.sort, "")}

    def _chips(
        self, criteria: SearchCriteria, collections: dict[int, Collection]
    ) -> Iterable[dict[str, Any]]:
        names = {collection.code: collection.name for collection in collections.values()}
        for name, value in criteria.filled():
            shown = _("type specimens") if value is True else value
            told = {"collection": names.get(value), "taxon": name == "taxon" and label(value)}
            yield {
                "name": CHIPS[name],
                "value": told.get(name) or shown,
                "remove": self.url(criteria.without(name, value)),
                "is_name": name == "taxon",
            }

    def _facets(
        self,
        criteria: SearchCriteria,
        summary: Summary,
        collections: dict[int, Collection],
    ) -> Iterable[tuple[str, list[dict[str, Any]]]]:
        yield _("Collection"), list(self._collection_facet(criteria, summary, collections))
        for title, values in (
            (_("Decade"), summary.decades),
            (_("Country"), summary.countries),
            (_("State"), summary.states),
        ):
            yield title, [self._facet_value(criteria, value) for value in values]

    def _collection_facet(
        self, criteria: SearchCriteria, summary: Summary, collections: dict[int, Collection]
    ) -> Iterable[dict[str, Any]]:
        """Yield the collections of what was found, most records first; uncounted ones by name."""
        counted = summary.collections or ({} if summary.is_exact else dict.fromkeys(collections))
        for pk, number in counted.items():
            code = collections[pk].code
            chosen = code in criteria.collection
            yield {
                "text": collections[pk].name,
                "count": number,
                "chosen": chosen,
                "url": self.url(
                    criteria.without("collection", code) if chosen else criteria.within(code)
                ),
            }

    def _facet_value(self, criteria: SearchCriteria, value: FacetValue) -> dict[str, Any]:
        chosen = all(getattr(criteria, name) == asked for name, asked in value.asks.items())
        blank = dict.fromkeys(value.asks, "")
        asked = criteria.asking(**(blank if chosen else value.asks))
        return {
            "text": value.text,
            "count": value.count,
            "chosen": chosen,
            "url": self.url(asked),
        }
