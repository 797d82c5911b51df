"""What the editor offers under a field while somebody types.

Names of the thesaurus; collectors, projects, printed sets as records spell them; places within
those above them; localities of the same collector and day; usual values. All of it comes from
public columns of records this person may see, so no offer tells what is withheld.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from biocollections import places
from biocollections.models import Collection
from biocollections.places import fold
from occurrences import editing, search
from occurrences.forms_panels import CHOICES, USUAL
from occurrences.models import Identifier, Occurrence, Protection
from occurrences.models.record import SortKey
from occurrences.readers import as_text
from occurrences.search import SearchCriteria
from taxonomy import looking_up
from taxonomy.models import Taxon

MOST = 8
MOST_LATEST = 2000  # records of the collection whose texts are offered
MOST_COUNTED = 400  # records that a word finds, to count spellings of a person

PLACE = (
    *"country country_code state_province county municipality".split(),
    *"locality verbatim_locality habitat".split(),
)
# A georeference travels as a whole, or not at all.
GEOREFERENCE = (
    *"decimal_latitude decimal_longitude coordinate_uncertainty_in_meters geodetic_datum".split(),
    *"verbatim_coordinates georeferenced_by georeferenced_date georeference_protocol".split(),
    *"georeference_sources georeference_verification_status georeference_remarks".split(),
)
ELEVATION = ("minimum_elevation_in_meters", "maximum_elevation_in_meters", "verbatim_elevation")


@dataclass
class Suggestion:
    """A value to choose, what is told beside it, and what choosing it does to other fields.

    sets: {column: text} that it overwrites. fills: groups of {column: text}, each of which is
    filled in as a whole, and only where all its fields are blank.
    """

    value: str
    note: str = ""
    sets: dict[str, str] = field(default_factory=dict)
    fills: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """Who types what, into which collection, beside which other texts of the form."""

    user: Any
    collection: Collection
    text: str
    beside: Mapping[str, str]

    @property
    def visible(self) -> QuerySet[Occurrence]:
        return Occurrence.objects.visible_to(self.user)

    def other(self, column: str) -> str:
        return self.beside.get(column, "")


def suggest(column: str, asked: Asked) -> list[Suggestion]:
    """Return up to MOST values for a column, the likeliest first."""
    offer = _OFFERS.get(column)
    if offer:
        return offer(asked)[:MOST]
    usual = [*USUAL.get(column, ()), *(str(value) for value, _label in CHOICES.get(column, ()))]
    found = dict.fromkeys(_meant(asked.text, usual))
    if len(found) < MOST:
        found |= dict.fromkeys(_meant(asked.text, _latest(column, asked)))
    return [Suggestion(value) for value in found][:MOST]


def _meant(text: str, values: Iterable[str]) -> list[str]:
    """Return the values that hold the text: those that begin so first."""
    key = fold(text)
    keyed = [(value, fold(value)) for value in values if value]
    begun = [value for value, folded in keyed if folded.startswith(key)]
    return begun + [v for v, folded in keyed if key in folded and not folded.startswith(key)]


def _latest(column: str, asked: Asked) -> list[str]:
    """Return what the collection's latest records say here, the most frequent first."""
    if not asked.text:
        return []
    records = asked.visible.filter(collection=asked.collection).order_by("-pk")
    texts = records.values_list(column, flat=True)[:MOST_LATEST]
    return [text for text, _number in Counter(filter(None, texts)).most_common()]


def _tags(asked: Asked) -> list[Suggestion]:
    """Offer names of additional identifiers for the last line, as this collection uses them."""
    before, line_end, last = asked.text.rpartition("\n")
    if ":" in last:
        return []
    latest = asked.visible.filter(collection=asked.collection).order_by("-pk").values("pk")
    tagged = Identifier.objects.filter(occurrence__in=latest[:MOST_LATEST]).exclude(name="")
    used = [name for name, _n in Counter(tagged.values_list("name", flat=True)).most_common()]
    return [Suggestion(f"{before}{line_end}{name}: ", "") for name in _meant(last, used)]


# --- names ------------------------------------------------------------------------------------


def _names(asked: Asked) -> list[Suggestion]:
    found = looking_up.beginning(asked.text)[:MOST]
    known = Taxon.objects.select_related("current").in_bulk([taxon.pk for taxon in found])
    return [_name(known[taxon.pk]) for taxon in found]


def _name(taxon: Taxon) -> Suggestion:
    accepted = taxon.current or taxon
    told = [taxon.authorship, accepted.family, accepted.kingdom]
    if accepted != taxon:
        told.append(_("now %(name)s") % {"name": accepted})
    sets = {"scientific_name_authorship": taxon.authorship, "family": accepted.family}
    return Suggestion(taxon.scientific_name, " · ".join(filter(None, told)), sets)


def _list_of_names(asked: Asked) -> list[Suggestion]:
    """Offer names for the last of several taxa, commas between them."""
    before, comma, last = asked.text.rpartition(",")
    found = looking_up.beginning(last)[:MOST] if len(last.strip()) > 2 else []
    lead = f"{before}{comma} " if comma else ""
    return [Suggestion(f"{lead}{taxon.scientific_name}", taxon.kingdom) for taxon in found]


def _families(asked: Asked) -> list[Suggestion]:
    found = looking_up.beginning(asked.text, accepted_only=True)
    return [
        Suggestion(taxon.scientific_name, taxon.kingdom)
        for taxon in found
        if taxon.rank == "family"
    ]


# --- people, sets and projects ----------------------------------------------------------------


def _people(column: str) -> Callable[[Asked], list[Suggestion]]:
    """Return how a person is offered: spellings that begin so, then those that hold the word."""

    def offer(asked: Asked) -> list[Suggestion]:
        text = asked.text.strip()
        if len(text) < 2:
            return []
        found = dict.fromkeys(_beginning("recorded_by", asked.visible, text))
        word = re.split(r"[\s.,;]+", text.rstrip(". "))[-1]
        if len(found) < MOST and len(word) > 2:
            own = asked.visible.filter(collection=asked.collection)
            holding = search.apply(own, SearchCriteria(collector=f"{word}*"))
            texts = holding.values_list("recorded_by", flat=True)[:MOST_COUNTED]
            counted = Counter(filter(None, texts))
            found |= dict.fromkeys(name for name, _n in counted.most_common(MOST))
        if column != "recorded_by":
            found = dict.fromkeys([*_meant(text, _latest(column, asked)), *found])
        return [Suggestion(name) for name in found]

    return offer


def _beginning(column: str, queryset: QuerySet[Occurrence], text: str) -> list[str]:
    """Return different values of a column with an index by SortKey that begin with a text.

    Each costs one step into the index, however many records say the same.
    """
    begin = _folded(text)
    keyed = queryset.annotate(key=SortKey(column)).order_by("key", "pk").values_list("key", column)
    found: list[str] = []
    row = keyed.filter(key__gte=begin).first()
    while row and row[0].startswith(begin) and len(found) < MOST:
        found.append(row[1])
        row = keyed.filter(key__gt=row[0]).first()
    return found


def _folded(text: str) -> str:
    """Return a text as `portal_fold` leaves it in an index, as near as a beginning needs it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT portal_fold(%s)", [text[: SortKey.LENGTH]])
        return str(cursor.fetchone()[0])


def _sets(asked: Asked) -> list[Suggestion]:
    return [Suggestion(title) for title in _beginning("exsiccati_title", asked.visible, asked.text)]


def _projects(asked: Asked) -> list[Suggestion]:
    """Offer the collection's label projects; each costs one step into their index."""
    own = asked.visible.filter(collection=asked.collection)
    column = own.order_by("label_project").values_list("label_project", flat=True)
    found: list[str] = []
    project = column.filter(label_project__gt="").first()
    while project and len(found) < 100:
        found.append(project)
        project = column.filter(label_project__gt=project).first()
    return [Suggestion(project) for project in _meant(asked.text, found)]


# --- places -----------------------------------------------------------------------------------


def _places(kind: str) -> Callable[[Asked], list[Suggestion]]:
    above = {"country": (), "state_province": ("country",), "county": ("country", "state_province")}

    def offer(asked: Asked) -> list[Suggestion]:
        within = [asked.other(column) for column in above[kind]]
        return [Suggestion(name) for name in places.suggest(kind, asked.text, *within)]

    return offer


def _localities(asked: Asked) -> list[Suggestion]:
    """Offer where the same collector was on the same day; of open records alone."""
    reading = editing.read({"event_date": asked.other("event_date")})
    first, last = (reading.values.get(f"event_date_{end}") for end in ("start", "end"))
    who = _words(asked.other("recorded_by"))
    if not first or first != last or not who:
        return []
    that_day = asked.visible.filter(
        event_date_start=first,
        event_date_end=last,
        protection=Protection.OPEN,
        locality__isnull=False,
    )
    columns = ("recorded_by", "record_number", *PLACE, *GEOREFERENCE, *ELEVATION)
    found: dict[str, Suggestion] = {}
    rows = that_day.order_by(Length("locality").desc()).values(*columns)[:MOST_COUNTED]
    for row in rows:
        if who & _words(row["recorded_by"] or "") and fold(asked.text) in fold(row["locality"]):
            found.setdefault(row["locality"], _locality(row))
    return list(found.values())


def _locality(row: Mapping[str, Any]) -> Suggestion:
    texts = {name: as_text(value) for name, value in row.items() if value not in (None, "")}
    place = [{name: texts[name]} for name in PLACE if name in texts and name != "locality"]
    units = [{name: texts.get(name, "") for name in group} for group in (GEOREFERENCE, ELEVATION)]
    told = (texts.get("recorded_by"), texts.get("record_number"), texts.get("county"))
    return Suggestion(
        texts["locality"],
        " · ".join(filter(None, told)),
        fills=[*place, *(unit for unit in units if any(unit.values()))],
    )


def _words(text: str) -> set[str]:
    """Return the words of a person's name that tell him from others."""
    return {word for word in map(fold, re.split(r"[\s.,;&]+", text)) if len(word) > 2}


_OFFERS: dict[str, Callable[[Asked], list[Suggestion]]] = {
    "scientific_name": _names,
    "associated_taxa": _list_of_names,
    "identifiers": _tags,
    "family": _families,
    "exsiccati_title": _sets,
    "label_project": _projects,
    "locality": _localities,
    **{name: _people(name) for name in ("recorded_by", "associated_collectors", "identified_by")},
    **{name: _places(name) for name in ("country", "state_province", "county")},
}
