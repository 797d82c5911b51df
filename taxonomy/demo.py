"""The thesaurus of the demonstration: a small checklist, brought in as any checklist is.

Families with what stands above them, a few synonyms and common names, all as in the literature;
the species come from whoever calls `seed`, for they are those of the demonstration's records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils import timezone

from journal.models import ChangeSet
from taxonomy.adopting import adopt
from taxonomy.models import Checklist, Taxon, Usage, UsageVernacular
from taxonomy.spelling import authorship_key, canonical_key, variant_key

SOURCE = "Demonstration checklist"

# Kingdom, phylum, class, order: families with their authors.
HIGHER = """
Plantae Tracheophyta Magnoliopsida Gentianales: Apocynaceae Juss.
Plantae Tracheophyta Magnoliopsida Asterales: Asteraceae Bercht. & J.Presl
Plantae Tracheophyta Magnoliopsida Lamiales: Bignoniaceae Juss.; Lamiaceae Martinov
Plantae Tracheophyta Magnoliopsida Sapindales: Burseraceae Kunth
Plantae Tracheophyta Magnoliopsida Caryophyllales: Cactaceae Juss.
Plantae Tracheophyta Magnoliopsida Solanales: Convolvulaceae Juss.; Solanaceae Juss.
Plantae Tracheophyta Magnoliopsida Ericales: Ericaceae Juss.; Fouquieriaceae DC.
Plantae Tracheophyta Magnoliopsida Malpighiales: Euphorbiaceae Juss.; Salicaceae Mirb.
Plantae Tracheophyta Magnoliopsida Fabales: Fabaceae Lindl.
Plantae Tracheophyta Magnoliopsida Fagales: Fagaceae Dumort.
Plantae Tracheophyta Magnoliopsida Malvales: Malvaceae Juss.
Plantae Tracheophyta Magnoliopsida Ranunculales: Papaveraceae Juss.
Plantae Tracheophyta Magnoliopsida Zygophyllales: Zygophyllaceae R.Br.
Plantae Tracheophyta Liliopsida Asparagales: Asparagaceae Juss.
Plantae Tracheophyta Liliopsida Poales: Bromeliaceae Juss.; Poaceae Barnhart
Plantae Tracheophyta Pinopsida Pinales: Pinaceae Spreng. ex Rudolphi
Plantae Tracheophyta Pinopsida Cupressales: Cupressaceae Gray
Plantae Tracheophyta Polypodiopsida Polypodiales: Pteridaceae E.D.M.Kirchn.
Plantae Tracheophyta Lycopodiopsida Selaginellales: Selaginellaceae Willk.
Animalia Arthropoda Insecta Hymenoptera: Apidae Latreille, 1802; Formicidae Latreille, 1809
Animalia Arthropoda Insecta Hymenoptera: Halictidae Thomson, 1869; Pompilidae Latreille, 1804
Animalia Arthropoda Insecta Coleoptera: Cerambycidae Latreille, 1802
Animalia Arthropoda Insecta Coleoptera: Coccinellidae Latreille, 1807
Animalia Arthropoda Insecta Coleoptera: Scarabaeidae Latreille, 1802
Animalia Arthropoda Insecta Coleoptera: Tenebrionidae Latreille, 1802
Animalia Arthropoda Insecta Hemiptera: Coreidae Leach, 1815; Reduviidae Latreille, 1807
Animalia Arthropoda Insecta Lepidoptera: Nymphalidae Rafinesque, 1815
Animalia Arthropoda Insecta Lepidoptera: Papilionidae Latreille, 1802
Animalia Arthropoda Insecta Lepidoptera: Pieridae Swainson, 1820; Sphingidae Latreille, 1802
Animalia Arthropoda Insecta Odonata: Libellulidae Leach, 1815
Animalia Arthropoda Insecta Orthoptera: Romaleidae Pictet & Saussure, 1887
Animalia Chordata Amphibia Anura: Bufonidae Gray, 1825; Ranidae Batsch, 1796
Animalia Chordata Reptilia Squamata: Colubridae Oppel, 1811; Helodermatidae Gray, 1837
Animalia Chordata Reptilia Squamata: Phrynosomatidae Fitzinger, 1843; Viperidae Oppel, 1811
Animalia Chordata Reptilia Testudines: Kinosternidae Agassiz, 1857
Animalia Chordata Aves Accipitriformes: Accipitridae Vieillot, 1816
Animalia Chordata Aves Passeriformes: Cardinalidae Ridgway, 1901; Mimidae Bonaparte, 1853
Animalia Chordata Aves Passeriformes: Remizidae Olphe-Galliard, 1891
Animalia Chordata Aves Passeriformes: Troglodytidae Swainson, 1831
Animalia Chordata Aves Columbiformes: Columbidae Leach, 1820
Animalia Chordata Aves Cuculiformes: Cuculidae Leach, 1820
Animalia Chordata Aves Galliformes: Odontophoridae Gould, 1844
Animalia Chordata Aves Piciformes: Picidae Leach, 1820
Animalia Chordata Aves Apodiformes: Trochilidae Vigors, 1825
"""

# Accepted name: synonym | author; …
SYNONYMS = """
Carnegiea gigantea: Cereus giganteus | Engelm.; Pilocereus giganteus | (Engelm.) Rümpler
Peniocereus greggii: Cereus greggii | Engelm.
Stenocereus thurberi: Cereus thurberi | Engelm.; Lemaireocereus thurberi | (Engelm.) Britton & Rose
Cylindropuntia fulgida: Opuntia fulgida | Engelm.
Cylindropuntia bigelovii: Opuntia bigelovii | Engelm.
Ferocactus wislizeni: Echinocactus wislizeni | Engelm.
Parkinsonia microphylla: Cercidium microphyllum | (Torr.) Rose & I.M.Johnst.
Senegalia greggii: Acacia greggii | A.Gray
Ambrosia deltoidea: Franseria deltoidea | Torr.
Ambrosia dumosa: Franseria dumosa | A.Gray
Tecoma stans: Bignonia stans | L.
Condea albida: Hyptis albida | Kunth
Myriopteris lindheimeri: Cheilanthes lindheimeri | Hook.
Incilius alvarius: Bufo alvarius | Girard, 1859; Ollotis alvaria | (Girard, 1859)
Anaxyrus punctatus: Bufo punctatus | Baird & Girard, 1852
Lithobates yavapaiensis: Rana yavapaiensis | Platz & Frost, 1984
Novomessor cockerelli: Aphaenogaster cockerelli | André, 1893
"""

# Accepted name: common name (language); …
COMMON = """
Carnegiea gigantea: saguaro (en); sahuaro (es)
Peniocereus greggii: night-blooming cereus (en); reina de la noche (es)
Stenocereus thurberi: organ pipe cactus (en); pitaya dulce (es)
Cylindropuntia bigelovii: teddy-bear cholla (en)
Ferocactus wislizeni: fishhook barrel cactus (en); biznaga de agua (es)
Olneya tesota: desert ironwood (en); palo fierro (es)
Prosopis velutina: velvet mesquite (en); mezquite (es)
Parkinsonia microphylla: foothill palo verde (en)
Fouquieria splendens: ocotillo (en); ocotillo (es)
Encelia farinosa: brittlebush (en); incienso (es)
Quercus emoryi: Emory oak (en); bellota (es)
Agave palmeri: Palmer's century plant (en)
Cactaceae: cacti (en); cactáceas (es)
Fabaceae: legumes (en)
Apis mellifera: honey bee (en); abeja melífera (es)
Danaus plexippus: monarch (en); mariposa monarca (es)
Heloderma suspectum: Gila monster (en); monstruo de Gila (es)
Crotalus atrox: western diamondback rattlesnake (en)
Campylorhynchus brunneicapillus: cactus wren (en); matraca del desierto (es)
Geococcyx californianus: greater roadrunner (en); correcaminos norteño (es)
Callipepla gambelii: Gambel's quail (en); codorniz chiquiri (es)
"""


class Species(NamedTuple):
    """A species (or what is below it) of the demonstration's records."""

    family: str
    name: str
    author: str


def seed(species: Iterable[Species], change_set: ChangeSet) -> int:
    """Make the demonstration's checklist and bring all of it into the thesaurus; count the taxa."""
    checklist = Checklist.objects.create(
        source=SOURCE,
        title="Plants and animals of the demonstration",
        release="1",
        state=Checklist.State.CURRENT,
        loaded_at=timezone.now(),
    )
    usages = _usages(checklist, sorted(set(species)))
    made = Usage.objects.bulk_create(usages)
    UsageVernacular.objects.bulk_create(_common_names(checklist))
    checklist.counts = {"rows": len(made), "created": len(made)}
    checklist.save(update_fields=["counts"])
    adopt(change_set, [usage.pk for usage in made])
    return Taxon.objects.filter(created_by=change_set).count()


def _usages(checklist: Checklist, species: list[Species]) -> list[Usage]:
    made: dict[str, Usage] = {}

    def use(name: str, rank: str, author: str, parent: str, kingdom: str, **more: str) -> None:
        key = canonical_key(name)
        made.setdefault(
            name,
            Usage(
                checklist=checklist,
                source_id=name,
                scientific_name=name,
                authorship=author,
                rank=rank,
                parent_source_id=parent,
                kingdom=kingdom,
                canonical_key=key,
                variant_key=variant_key(key),
                authorship_key=authorship_key(author),
                **{"status": Taxon.Status.ACCEPTED, **more},
            ),
        )

    kingdoms = {}
    for line in filter(None, HIGHER.splitlines()):
        above, _colon, families = line.partition(": ")
        groups = above.split()
        for rank, name, parent in zip(_RANKS, groups, ["", *groups], strict=False):
            use(name, rank, "", parent, groups[0])
        for family in families.split("; "):
            name, _space, author = family.partition(" ")
            use(name, "family", author, groups[-1], groups[0])
            kingdoms[name] = groups[0]
    for family, name, author in species:
        genus, kingdom = name.split()[0], kingdoms[family]
        use(genus, "genus", "", family, kingdom, family=family)
        binomial = " ".join(name.split()[:2])
        if binomial != name:
            use(binomial, "species", "", genus, kingdom, family=family)
            use(name, _below_species(name), author, binomial, kingdom, family=family)
        else:
            use(name, "species", author, genus, kingdom, family=family)
    for accepted, name, author in _table(SYNONYMS, " | "):
        if accepted in made:
            known = made[accepted]
            more = {"status": Taxon.Status.SYNONYM, "family": known.family}
            use(name, "species", author, "", known.kingdom, accepted_source_id=accepted, **more)
    return list(made.values())


_RANKS = ("kingdom", "phylum", "class", "order")


def _below_species(name: str) -> str:
    return "subspecies" if " subsp. " in name else "variety"


def _common_names(checklist: Checklist) -> list[UsageVernacular]:
    return [
        UsageVernacular(checklist=checklist, source_id=of, name=name, language=language[:-1])
        for of, name, language in _table(COMMON, " (")
    ]


def _table(text: str, between: str) -> list[tuple[str, str, str]]:
    """Read lines "Name: one <between> other; …" as (name, one, other)."""
    found = []
    for line in filter(None, text.splitlines()):
        of, _colon, entries = line.partition(": ")
        for entry in entries.split("; "):
            one, _between, other = entry.partition(between)
            found.append((of, one, other))
    return found
