"""What is wrong or odd about a taxon as somebody wants it: errors stop it, warnings ask again.

The codes of nomenclature know exceptions to nearly everything, so only what would break the
thesaurus is an error: a rank above its parent's, a place below itself, a synonym of a synonym.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from taxonomy import ranks
from taxonomy.models import Taxon
from taxonomy.parsing import parse
from taxonomy.spelling import authorship_key, canonical_key, variant_key


class Fault(NamedTuple):
    """Something to say about one field. blocking: it can't be saved so."""

    field: str
    text: str
    blocking: bool = False


@dataclass(slots=True)
class Wanted:
    """A taxon as it is to be. `pk` is None for a new one."""

    scientific_name: str
    rank: str
    authorship: str = ""
    kingdom: str = ""
    status: str = Taxon.Status.ACCEPTED
    parent: Taxon | None = None
    accepted: Taxon | None = None
    pk: int | None = None

    @classmethod
    def of(cls, taxon: Taxon, **values: object) -> Wanted:
        """Return `taxon` as it is, but for `values`."""
        fields = (name for name in cls.__slots__ if name != "pk")
        kept = {name: values.get(name, getattr(taxon, name)) for name in fields}
        return cls(pk=taxon.pk, **kept)  # type: ignore[arg-type]

    @property
    def above(self) -> Taxon | None:
        return self.accepted or self.parent

    @property
    def realm(self) -> str:
        """Its kingdom: what stands above says it, if anything does."""
        if self.rank == "kingdom" and not self.accepted:
            return self.scientific_name
        return (self.above.kingdom if self.above else "") or self.kingdom


def faults(wanted: Wanted) -> list[Fault]:
    """Return everything there is to say, errors first."""
    found = [*_of_place(wanted), *_of_name(wanted), *_of_rank(wanted), *_of_twins(wanted)]
    return sorted(found, key=lambda fault: not fault.blocking)


def twin(wanted: Wanted) -> Taxon | None:
    """Return the taxon that is the same already: same name, author, rank and kingdom."""
    key = canonical_key(wanted.scientific_name)
    same = Taxon.objects.live().filter(
        variant_key=variant_key(key), canonical_key=key, rank=wanted.rank
    )
    if wanted.rank != "kingdom":
        author = authorship_key(wanted.authorship)
        same = same.filter(authorship_key=author, kingdom=wanted.realm)
    return same.exclude(pk=wanted.pk or 0).first()


def namesakes(wanted: Wanted) -> list[Taxon]:
    """Return live taxa of the same name, whatever their author, rank or kingdom; ten at most."""
    key = canonical_key(wanted.scientific_name)
    same = Taxon.objects.live().filter(variant_key=variant_key(key), canonical_key=key)
    return list(same.exclude(pk=wanted.pk or 0).select_related("accepted")[:10])


def _of_twins(wanted: Wanted) -> Iterator[Fault]:
    found = twin(wanted)
    if found:
        text = _("%(name)s stands in the thesaurus already.") % {"name": _described(found)}
        yield Fault("scientific_name", text, blocking=True)
        return
    for other in namesakes(wanted)[:3]:
        told = {"name": _described(other)}
        text = _("The same name stands in the thesaurus: %(name)s. Is it another one?") % told
        yield Fault("scientific_name", text)


def _described(taxon: Taxon) -> str:
    details = ", ".join(filter(None, (taxon.rank, taxon.kingdom, taxon.get_status_display())))
    return f"{taxon} ({details})"


def _of_place(wanted: Wanted) -> Iterator[Fault]:
    is_synonym = wanted.status not in Taxon.ACCEPTED_STATUSES
    if is_synonym and wanted.accepted is None:
        yield Fault("accepted", _("A synonym needs an accepted name."), blocking=True)
    if not is_synonym and wanted.accepted is not None:
        yield Fault("accepted", _("An accepted taxon is no synonym."), blocking=True)
    for field, above in (("accepted", wanted.accepted), ("parent", wanted.parent)):
        if above is None:
            continue
        if not above.is_accepted:
            text = _("%(taxon)s is no accepted name itself.") % {"taxon": above}
            yield Fault(field, text, blocking=True)
        elif wanted.pk and stands_beneath(above, wanted.pk):
            text = _("%(taxon)s stands below this one.") % {"taxon": above}
            yield Fault(field, text, blocking=True)
    if not is_synonym and wanted.parent is None and wanted.rank not in _MAY_BE_ROOT:
        yield Fault("parent", _("It has no parent: it will stand beside the kingdoms."))
    if not wanted.realm:
        yield Fault("kingdom", _("Its kingdom is not known."))


_MAY_BE_ROOT = ("organism", "domain", "realm", "superkingdom", "kingdom", "unranked")


def stands_beneath(taxon: Taxon, pk: int) -> bool:
    """Tell whether `taxon` is that one or stands somewhere below it."""
    return str(pk) in (taxon.path or "").split(".") or taxon.pk == pk


def _of_rank(wanted: Wanted) -> Iterator[Fault]:
    rank = ranks.RANKS.get(wanted.rank)
    if rank is None:
        yield Fault("rank", _("There is no such rank."), blocking=True)
        return
    if not ranks.fits(rank, ranks.CODE_OF_KINGDOM.get(wanted.realm.casefold(), "")):
        told = {"rank": rank.name, "kingdom": wanted.realm}
        yield Fault("rank", _("“%(rank)s” is no rank in %(kingdom)s.") % told)
    parent = wanted.parent if wanted.status in Taxon.ACCEPTED_STATUSES else None
    if parent is not None and parent.rank_order >= rank.order:
        told = {"rank": rank.name, "parent": str(parent), "above": parent.rank}
        if parent.rank == "unranked":
            yield Fault("parent", _("The parent, %(parent)s, has no rank.") % told)
        else:
            text = _("A %(rank)s can't stand under %(parent)s, which is a %(above)s.") % told
            yield Fault("parent", text, blocking=True)
    if wanted.accepted and wanted.accepted.kingdom != (wanted.kingdom or wanted.accepted.kingdom):
        told = {"kingdom": wanted.accepted.kingdom}
        yield Fault("accepted", _("The accepted name is of another kingdom: %(kingdom)s.") % told)


def _of_name(wanted: Wanted) -> Iterator[Fault]:
    name = wanted.scientific_name
    if not canonical_key(name):
        yield Fault("scientific_name", _("This is no scientific name."), blocking=True)
        return
    parsed = parse(name)
    if parsed.authorship:
        text = _("“%(author)s” looks like the author. Press “Read the name” to part them.")
        yield Fault("scientific_name", text % {"author": parsed.authorship})
    elif name[:1].islower():
        yield Fault("scientific_name", _("A scientific name begins with a capital letter."))
    order = ranks.RANKS[wanted.rank].order if wanted.rank in ranks.RANKS else 0
    words = len(canonical_key(name).split())
    hybrid_formula = " × " in name and parsed.hybrid == "formula"
    if wanted.rank == "unranked" or hybrid_formula or not order:
        return
    yield from _of_words(wanted, order, words)
    yield from _of_parent(wanted, order)


def _of_words(wanted: Wanted, order: int, words: int) -> Iterator[Fault]:
    if order <= ranks.GENUS and words > 1:
        told = {"rank": wanted.rank}
        yield Fault("scientific_name", _("The name of a %(rank)s is one word.") % told)
    elif order == ranks.SPECIES and words != 2:
        yield Fault("scientific_name", _("The name of a species is two words: genus and epithet."))
    elif order > ranks.SPECIES and words < 3:
        told = {"rank": wanted.rank}
        text = _("The name of a %(rank)s holds genus, epithet of the species and its own.")
        yield Fault("scientific_name", text % told)
    code = ranks.CODE_OF_KINGDOM.get(wanted.realm.casefold(), "")
    ending = _FAMILY_ENDINGS.get(code)
    name = wanted.scientific_name
    if wanted.rank == "family" and ending and name not in _CONSERVED and not name.endswith(ending):
        told = {"ending": f"-{ending}", "kingdom": wanted.realm}
        text = _("Families of %(kingdom)s end in %(ending)s.")
        yield Fault("scientific_name", text % told)


_FAMILY_ENDINGS = {"botanical": "aceae", "zoological": "idae", "bacterial": "aceae"}
# ICN Art. 18.5: names that stand beside Poaceae, Fabaceae and so on.
_CONSERVED = (
    "Compositae Cruciferae Gramineae Guttiferae Labiatae Leguminosae Palmae Papilionaceae "
    "Umbelliferae"
).split()


def _of_parent(wanted: Wanted, order: int) -> Iterator[Fault]:
    """An accepted species bears the name of the genus above it, and so on below."""
    parent = wanted.parent
    if parent is None or wanted.status not in Taxon.ACCEPTED_STATUSES or order <= ranks.GENUS:
        return
    own = canonical_key(wanted.scientific_name).split()
    above = canonical_key(parent.scientific_name).split()
    begins = above[:1] if parent.rank_order < ranks.SPECIES else above
    if parent.rank_order >= ranks.GENUS and own[: len(begins)] != begins:
        told = {"parent": parent.scientific_name}
        yield Fault(
            "parent", _("Its name does not begin as that of its parent, %(parent)s.") % told
        )
    if parent.rank_order < ranks.GENUS and order >= ranks.SPECIES:
        told = {"parent": str(parent), "rank": parent.rank}
        text = _("The parent, %(parent)s, is a %(rank)s: there is no genus between them.")
        yield Fault("parent", text % told)
