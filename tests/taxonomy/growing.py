"""A small thesaurus for tests: oaks and their kin, made through the door everybody uses."""

from __future__ import annotations

from typing import Any

from taxonomy import thesaurus
from taxonomy.models import Taxon

OAKS = """
kingdom   | Plantae          |         |
order     | Fagales          | Engl.   | Plantae
family    | Fagaceae         | Dumort. | Fagales
genus     | Quercus          | L.      | Fagaceae
genus     | Fagus            | L.      | Fagaceae
species   | Quercus alba     | L.      | Quercus
species   | Quercus rubra    | L.      | Quercus
species   | Fagus sylvatica  | L.      | Fagus
"""


def taxon(name: str, rank: str = "species", by: Any = None, **values: Any) -> Taxon:
    """Add one taxon; `parent` and `accepted` may be names."""
    for pointer in ("parent", "accepted"):
        if isinstance(values.get(pointer), str):
            values[pointer] = Taxon.objects.get(scientific_name=values[pointer])
    with thesaurus.editing(by) as change_set:
        return thesaurus.add(change_set, scientific_name=name, rank=rank, **values)


def oaks(by: Any = None) -> dict[str, Taxon]:
    """Add OAKS and Quercus borealis, a synonym of Quercus rubra; return all by name."""
    for line in filter(None, map(str.strip, OAKS.splitlines())):
        rank, name, author, parent = (part.strip() for part in line.split("|"))
        taxon(name, rank, by, authorship=author, parent=parent or None)
    taxon("Quercus borealis", by=by, authorship="F.Michx.", accepted="Quercus rubra")
    return {each.scientific_name: each for each in Taxon.objects.all()}
