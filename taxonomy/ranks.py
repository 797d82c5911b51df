"""Ranks: their order, their names under each nomenclatural code, and how they are abbreviated.

The numbers are those Symbiota uses (symbiota: taxonunits), so an import of its tables needs no
translation; ranks it doesn't know stand between. Pure: no Django.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Code = Literal["botanical", "zoological", "bacterial", "viral", "cultivars", ""]


class Rank(NamedTuple):
    """A rank. order: from the root (small) to the leaves; marker: as written inside a name."""

    name: str
    order: int
    marker: str = ""


_BOTANICAL = """
organism 1
domain 5
realm 6
superkingdom 8
kingdom 10
subkingdom 20
infrakingdom 25
superdivision 27
superphylum 27
division 30
phylum 30
subdivision 40
subphylum 40
infraphylum 43
parvphylum 45
megaclass 47
superclass 50
class 60
subclass 70
infraclass 75
superorder 95
order 100
suborder 110
infraorder 115
parvorder 117
superfamily 130
epifamily 135
family 140
subfamily 150
supertribe 155
tribe 160
subtribe 170
genus 180
subgenus 190 subg.
section 200 sect.
subsection 210 subsect.
series 213 ser.
subseries 215 subser.
species aggregate 218 agg.
species 220
infraspecific name 225
subspecies 230 subsp.
variety 240 var.
subvariety 250 subvar.
form 260 f.
subform 270 subf.
forma specialis 275 f. sp.
pathovar 277 pv.
biovar 278 bv.
morph 280 morph
aberration 282 ab.
race 284
strain 290
cultivar group 295
cultivar 300
unranked 400
"""


def _read(table: str) -> dict[str, Rank]:
    ranks = {}
    for line in table.strip().splitlines():
        words = line.split()
        at = next(i for i, word in enumerate(words) if word.isdigit())
        name = " ".join(words[:at])
        ranks[name] = Rank(name, int(words[at]), " ".join(words[at + 1 :]))
    return ranks


RANKS = _read(_BOTANICAL)
KINGDOM, FAMILY = RANKS["kingdom"].order, RANKS["family"].order
GENUS, SPECIES = RANKS["genus"].order, RANKS["species"].order
UNRANKED = RANKS["unranked"]

# Other spellings: abbreviations, Latin forms, words of other formats.
_SPELLINGS = {
    "subspecies": "ssp, trinomial, nothosubspecies, nothosubsp, subespecie, sub especie",
    "species": "sp, spp, nothospecies, especie",
    "genus": "gen, nothogenus, genero, género",
    "family": "fam, familia",
    "subfamily": "sub familia, subfamilia",
    "kingdom": "regnum, reino",
    "division": "divisao, divisão",
    "phylum": "phylum or division, filo",
    "class": "classis, cl, classe, clase",
    "order": "ordo, ord, ordem, orden",
    "tribe": "tribus, tribo, tribu",
    "section": "sectio, section botany, section zoology",
    "variety": "varietas, variedade, variedad, v, nothovariety, notovar, nothovar",
    "form": "forma, fo, fm, nothof, nothoforma",
    "cultivar": "cv",
    "infraspecific name": (
        "infrasp, infraspecies, infraspecificname, prol, proles, lusus, natio, convar, subtaxon"
    ),
    "species aggregate": "aggregate, speciesaggregate, speciesgroup, species group",
    "forma specialis": "forma specialis",
    "subgenus": "subg, subgen",
    "series": "series botany",
    "unranked": "no rank, norank, clade, other",
    "aberration": "mut, mutatio",
    "cultivar group": "cultivargroup, grex",
}
_ALIASES = {
    **{rank.marker.rstrip("."): rank.name for rank in RANKS.values() if rank.marker},
    **{
        spelling: name
        for name, spellings in _SPELLINGS.items()
        for spelling in spellings.split(", ")
    },
}

# What may be hung under a code; elsewhere the two kingdoms' ranks are the same.
_ONLY = {
    "division": "botanical",
    "subdivision": "botanical",
    "superdivision": "botanical",
    "section": "botanical bacterial",
    "subsection": "botanical",
    "series": "botanical",
    "subseries": "botanical",
    "variety": "botanical zoological",
    "subvariety": "botanical",
    "subform": "botanical",
    "cultivar": "botanical cultivars",
    "cultivar group": "botanical cultivars",
    "morph": "zoological",
    "aberration": "zoological",
    "realm": "viral",
    "pathovar": "bacterial",
    "biovar": "bacterial",
}

CODE_OF_KINGDOM: dict[str, Code] = {
    "plantae": "botanical",
    "fungi": "botanical",
    "chromista": "botanical",
    "viridiplantae": "botanical",
    "algae": "botanical",
    "animalia": "zoological",
    "metazoa": "zoological",
    "protozoa": "zoological",
    "bacteria": "bacterial",
    "archaea": "bacterial",
    "monera": "bacterial",
    "viruses": "viral",
    "virus": "viral",
}

_CODES: dict[str, Code] = {
    "iczn": "zoological", "zoological": "zoological", "zoo": "zoological", "animal": "zoological",
    "icn": "botanical", "icbn": "botanical", "icnafp": "botanical", "botanical": "botanical",
    "bot": "botanical", "icnp": "bacterial", "icnb": "bacterial", "bacterial": "bacterial",
    "bacteriological": "bacterial", "ictv": "viral", "icvcn": "viral", "viral": "viral",
    "virus": "viral", "icncp": "cultivars", "cultivars": "cultivars", "cultivar": "cultivars",
}  # fmt: skip


def rank_named(text: str) -> Rank | None:
    """Return the rank that `text` names ("ssp.", "Varietas", "species"), or None."""
    plain = " ".join(text.replace("_", " ").casefold().rstrip(".").split())
    found = RANKS.get(plain) or RANKS.get(_ALIASES.get(plain, ""))
    return found or RANKS.get(_ALIASES.get(plain.replace(".", "").replace("-", ""), ""))


def rank_numbered(order: int, code: Code = "") -> Rank | None:
    """Return the rank with Symbiota's number (220 is species); 30 is a phylum for animals."""
    named = [rank for rank in RANKS.values() if rank.order == order]
    fitting = [rank for rank in named if fits(rank, code)]
    preferred = [rank for rank in fitting if code == "botanical" or "division" not in rank.name]
    return next(iter(preferred or fitting or named), None)


def fits(rank: Rank, code: Code) -> bool:
    """Tell whether names of this code may have this rank; with code "" any may."""
    return not code or rank.name not in _ONLY or code in _ONLY[rank.name].split()


def code_named(text: str) -> Code | None:
    """Return the nomenclatural code that `text` names: "ICZN", "botanical", "Plantae"; or None."""
    plain = "".join(c for c in text.casefold() if c.isalpha())
    return _CODES.get(plain) or CODE_OF_KINGDOM.get(plain)
