"""What the generator of records draws from: real names and regions, invented people.

Names stand with their authors and families as in the literature. Places are real towns and ranges
with a point near them. Collectors are made up. A biome is a letter: d desert, w mountain woodland,
t dry tropical forest, o the south (Oaxaca); a taxon grows where one of its letters is the place's.
"""

from __future__ import annotations

from typing import NamedTuple


class Taxon(NamedTuple):
    """A name as a label would bear it."""

    biomes: str
    family: str
    name: str
    author: str


class Place(NamedTuple):
    """Where people collect: a point, what surrounds it, and the elevations met there in metres."""

    biome: str
    country: str
    state: str
    county: str
    near: str
    latitude: float
    longitude: float
    lowest: int
    highest: int
    vegetation: str


class Collector(NamedTuple):
    """Somebody who collects, and the first and last year of it."""

    name: str
    first_year: int
    last_year: int


class Scene(NamedTuple):
    """Everything that makes the records of one kind of collection look alike."""

    kingdom: str
    basis_of_record: str
    taxa: tuple[Taxon, ...]
    collectors: tuple[Collector, ...]
    determiners: tuple[str, ...]
    preparations: str
    remarks: tuple[str, ...]


def _taxa(table: str) -> tuple[Taxon, ...]:
    """Read lines "biomes Family: Name | Author; Name | Author"."""
    found = []
    for line in filter(None, map(str.strip, table.splitlines())):
        heading, _colon, names = line.partition(": ")
        biomes, family = heading.split()
        for entry in names.split("; "):
            name, _bar, author = entry.partition(" | ")
            found.append(Taxon(biomes, family, name, author))
    return tuple(found)


def _places(table: str) -> tuple[Place, ...]:
    """Read lines "biome | country | state | county | near | point | elevations | vegetation"."""
    found = []
    for line in filter(None, map(str.strip, table.splitlines())):
        *names, point, elevations, vegetation = line.split(" | ")
        latitude, longitude = map(float, point.split())
        lowest, highest = map(int, elevations.split("-"))
        biome, country, state, county, near = names
        names_of = (biome, country, state, county, near)
        found.append(Place(*names_of, latitude, longitude, lowest, highest, vegetation))
    return tuple(found)


def _collectors(table: str) -> tuple[Collector, ...]:
    """Read "Name 1901-1930; Name 1988-2024"."""
    found = []
    for entry in table.split("; "):
        name, _blank, years = entry.rpartition(" ")
        first, last = map(int, years.split("-"))
        found.append(Collector(name, first, last))
    return tuple(found)


PLANTS = _taxa("""
d Cactaceae: Carnegiea gigantea | (Engelm.) Britton & Rose; Ferocactus wislizeni | (Engelm.) Britton & Rose
d Cactaceae: Cylindropuntia fulgida | (Engelm.) F.M.Knuth; Cylindropuntia bigelovii | (Engelm.) F.M.Knuth
d Cactaceae: Stenocereus thurberi | (Engelm.) Buxb.; Opuntia engelmannii | Salm-Dyck ex Engelm.
d Fabaceae: Parkinsonia microphylla | Torr.; Prosopis velutina | Wooton; Olneya tesota | A.Gray
d Fabaceae: Calliandra eriophylla | Benth.; Senegalia greggii | (A.Gray) Britton & Rose
d Fabaceae: Lupinus sparsiflorus | Benth.
t Fabaceae: Lysiloma watsonii | Rose; Erythrina flabelliformis | Kearney
d Asteraceae: Encelia farinosa | A.Gray ex Torr.; Ambrosia deltoidea | (Torr.) W.W.Payne
d Asteraceae: Ambrosia dumosa | (A.Gray) W.W.Payne; Baccharis sarothroides | A.Gray
d Asteraceae: Bebbia juncea | (Benth.) Greene; Zinnia acerosa | (DC.) A.Gray
dw Asteraceae: Gutierrezia sarothrae | (Pursh) Britton & Rusby
ow Asteraceae: Dahlia coccinea | Cav.; Cosmos bipinnatus | Cav.; Zinnia peruviana | (L.) L.
d Zygophyllaceae: Larrea tridentata | (DC.) Coville
t Zygophyllaceae: Guaiacum coulteri | A.Gray
d Fouquieriaceae: Fouquieria splendens | Engelm.
t Fouquieriaceae: Fouquieria macdougalii | Nash
d Euphorbiaceae: Jatropha cuneata | Wiggins & Rollins
dt Euphorbiaceae: Jatropha cardiophylla | (Torr.) Müll.Arg.
dt Burseraceae: Bursera microphylla | A.Gray
to Burseraceae: Bursera fagaroides | (Kunth) Engl.
w Fagaceae: Quercus emoryi | Torr.; Quercus oblongifolia | Torr.; Quercus arizonica | Sarg.
w Fagaceae: Quercus hypoleucoides | A.Camus
o Fagaceae: Quercus rugosa | Née; Quercus castanea | Née
w Pinaceae: Pinus engelmannii | Carrière; Pinus arizonica | Engelm.
wo Pinaceae: Pinus leiophylla | Schiede ex Schltdl. & Cham.
o Pinaceae: Pinus oocarpa | Schiede ex Schltdl.
w Cupressaceae: Juniperus deppeana | Steud.
o Cupressaceae: Taxodium mucronatum | Ten.
w Ericaceae: Arctostaphylos pungens | Kunth; Arbutus arizonica | (A.Gray) Sarg.
w Poaceae: Muhlenbergia rigens | (Benth.) Hitchc.; Bouteloua gracilis | (Kunth) Lag. ex Griffiths
dwt Poaceae: Bouteloua curtipendula | (Michx.) Torr.
d Malvaceae: Sphaeralcea ambigua | A.Gray
to Malvaceae: Ceiba aesculifolia | (Kunth) Britten & Baker f.
dto Bignoniaceae: Tecoma stans | (L.) Juss. ex Kunth
d Bignoniaceae: Chilopsis linearis | (Cav.) Sweet
dw Papaveraceae: Argemone pleiacantha | Greene
d Papaveraceae: Eschscholzia californica subsp. mexicana | (Greene) C.Clark
dw Solanaceae: Datura wrightii | Regel; Solanum elaeagnifolium | Cav.
d Solanaceae: Nicotiana obtusifolia | M.Martens & Galeotti
w Asparagaceae: Agave palmeri | Engelm.; Nolina microcarpa | S.Watson; Yucca elata | (Engelm.) Engelm.
to Asparagaceae: Agave angustifolia | Haw.
o Asparagaceae: Agave potatorum | Zucc.
dw Salicaceae: Populus fremontii | S.Watson; Salix gooddingii | C.R.Ball
t Convolvulaceae: Ipomoea arborescens | (Humb. & Bonpl. ex Willd.) G.Don
to Bromeliaceae: Tillandsia recurvata | (L.) L.
o Bromeliaceae: Tillandsia fasciculata | Sw.
o Lamiaceae: Salvia elegans | Vahl
d Lamiaceae: Condea albida | (Kunth) Harley & J.F.B.Pastore
to Apocynaceae: Plumeria rubra | L.
d Selaginellaceae: Selaginella arizonica | Maxon
w Pteridaceae: Myriopteris lindheimeri | (Hook.) J.Sm.
""")

INSECTS = _taxa("""
dw Formicidae: Pogonomyrmex barbatus | (Smith, 1858); Pogonomyrmex rugosus | Emery, 1895
d Formicidae: Pogonomyrmex maricopa | Wheeler, 1914; Novomessor cockerelli | (André, 1893)
d Formicidae: Acromyrmex versicolor | (Pergande, 1894); Camponotus festinatus | (Buckley, 1866)
dwto Apidae: Apis mellifera | Linnaeus, 1758
dw Apidae: Xylocopa californica | Cresson, 1864; Bombus sonorus | Say, 1837
d Apidae: Centris pallida | Fox, 1899; Diadasia rinconis | Cockerell, 1897
dw Halictidae: Agapostemon angelicus | Cockerell, 1924
dw Pompilidae: Pepsis thisbe | Lucas, 1895
dwto Nymphalidae: Danaus plexippus | (Linnaeus, 1758); Danaus gilippus | (Cramer, 1775)
dwto Nymphalidae: Vanessa cardui | (Linnaeus, 1758)
dw Papilionidae: Battus philenor | (Linnaeus, 1771)
wto Papilionidae: Papilio cresphontes | Cramer, 1777
dwto Pieridae: Phoebis sennae | (Linnaeus, 1758); Colias eurytheme | Boisduval, 1852
dwto Sphingidae: Manduca sexta | (Linnaeus, 1763); Hyles lineata | (Fabricius, 1775)
d Cerambycidae: Moneilema gigas | LeConte, 1873
w Scarabaeidae: Dynastes grantii | Horn, 1870; Chrysina gloriosa | (LeConte, 1854)
w Scarabaeidae: Chrysina beyeri | (Skinner, 1905)
dwt Scarabaeidae: Cotinis mutabilis | (Gory & Percheron, 1833)
dw Tenebrionidae: Eleodes obscura | (Say, 1823); Eleodes armata | LeConte, 1851
dwto Coccinellidae: Hippodamia convergens | Guérin-Méneville, 1842
dwto Libellulidae: Libellula saturata | Uhler, 1857; Pantala flavescens | (Fabricius, 1798)
dw Romaleidae: Taeniopoda eques | (Burmeister, 1838); Brachystola magna | (Girard, 1853)
wto Reduviidae: Arilus cristatus | (Linnaeus, 1763)
d Coreidae: Thasus neocalifornicus | Brailovsky & Barrera, 1995
""")

REPTILES = _taxa("""
d Helodermatidae: Heloderma suspectum | Cope, 1869
d Phrynosomatidae: Phrynosoma solare | Gray, 1845; Sceloporus magister | Hallowell, 1854
dw Phrynosomatidae: Sceloporus clarkii | Baird & Girard, 1852; Uta stansburiana | Baird & Girard, 1852
d Viperidae: Crotalus atrox | Baird & Girard, 1853; Crotalus cerastes | Hallowell, 1854
w Viperidae: Crotalus molossus | Baird & Girard, 1853
dw Colubridae: Pituophis catenifer | (Blainville, 1835); Masticophis flagellum | (Shaw, 1802)
dw Kinosternidae: Kinosternon sonoriense | LeConte, 1854
d Bufonidae: Incilius alvarius | (Girard, 1859)
dw Bufonidae: Anaxyrus punctatus | (Baird & Girard, 1852)
w Ranidae: Lithobates yavapaiensis | (Platz & Frost, 1984)
""")

BIRDS = _taxa("""
d Troglodytidae: Campylorhynchus brunneicapillus | (Lafresnaye, 1835)
d Mimidae: Toxostoma curvirostre | (Swainson, 1827)
dw Picidae: Melanerpes uropygialis | (Baird, 1854); Colaptes chrysoides | (Malherbe, 1852)
dw Odontophoridae: Callipepla gambelii | (Gambel, 1843)
dw Cuculidae: Geococcyx californianus | (Lesson, 1829)
d Remizidae: Auriparus flaviceps | (Sundevall, 1850)
d Trochilidae: Calypte costae | (Bourcier, 1839)
dw Accipitridae: Parabuteo unicinctus | (Temminck, 1824)
dwto Columbidae: Zenaida asiatica | (Linnaeus, 1758)
dw Cardinalidae: Cardinalis sinuatus | Bonaparte, 1838
""")

PLACES = _places("""
d | Mexico | Sonora | Caborca | Caborca | 30.716 -112.158 | 250-420 | Creosote bush flats with ironwood along the wash
d | Mexico | Sonora | Ures | Ures | 29.427 -110.390 | 400-700 | Thornscrub with organ pipe cactus on stony hills
t | Mexico | Sonora | Álamos | Álamos | 27.027 -108.940 | 380-900 | Tropical deciduous forest on rocky slopes
w | Mexico | Sonora | Yécora | Yécora | 28.371 -108.927 | 1500-1900 | Pine-oak woodland, volcanic soil
w | Mexico | Sonora | Cananea | Sierra de los Ajos | 30.926 -109.936 | 1400-2100 | Oak woodland, cypress in the canyons
d | Mexico | Sonora | Puerto Peñasco | Sierra Pinacate | 31.772 -113.498 | 150-900 | Lava fields and cinder slopes with sparse shrubs
d | Mexico | Sonora | Hermosillo | Hermosillo | 29.090 -110.960 | 200-350 | Mesquite along the floodplain, creosote bush above
d | Mexico | Baja California Sur | Loreto | Sierra de la Giganta | 26.010 -111.500 | 200-900 | Sarcocaulescent scrub on basalt
w | Mexico | Chihuahua | Ocampo | Basaseachi | 28.180 -108.210 | 1700-2200 | Mixed conifer forest above the falls
o | Mexico | Oaxaca | Cuicatlán | San Juan Bautista Cuicatlán | 17.803 -96.960 | 600-1100 | Columnar cactus forest on limestone
o | Mexico | Oaxaca | Ixtlán | Ixtlán de Juárez | 17.331 -96.487 | 1900-2700 | Humid pine-oak forest with epiphytes
o | Mexico | Oaxaca | Nochixtlán | Asunción Nochixtlán | 17.460 -97.226 | 2000-2400 | Eroded oak scrub and maguey terraces
o | Mexico | Oaxaca | Pochutla | San Pedro Pochutla | 15.746 -96.466 | 80-500 | Semi-deciduous forest and shade coffee
d | United States | Arizona | Pima | Tucson Mountains | 32.220 -111.140 | 750-1300 | Saguaro and palo verde on bajada gravel
w | United States | Arizona | Pima | Santa Catalina Mountains | 32.400 -110.700 | 1200-2600 | Oak and pine along a granite ridge
d | United States | Arizona | Pima | Ajo Mountains | 32.030 -112.700 | 500-1200 | Organ pipe and elephant tree on rocky bajada
w | United States | Arizona | Cochise | Chiricahua Mountains | 31.870 -109.260 | 1500-2700 | Madrean evergreen woodland
w | United States | Arizona | Santa Cruz | Santa Rita Mountains | 31.720 -110.880 | 1200-2300 | Semi-desert grassland with oaks
d | United States | Arizona | Yuma | Tinajas Altas Mountains | 32.310 -114.050 | 250-600 | Granite slopes and sandy washes
d | United States | New Mexico | Hidalgo | Peloncillo Mountains | 31.550 -109.020 | 1300-1800 | Desert grassland, limestone outcrops
""")

_PLANT_REMARKS = (
    "Shrub 1.5 m tall; flowers yellow, fragrant at dusk.",
    "Perennial herb, stems several from a woody base; corolla white fading pink.",
    "Common along the arroyo. Local name: palo de agua.",
    "Árbol de 6 m, corteza exfoliante; frutos rojizos.",
    "Scattered individuals, heavily browsed.",
    "Annual; leaves glaucous, flowers orange.",
    "Locally abundant after the summer rains.",
    "",
    "",
    "",
)
_ANIMAL_REMARKS = (
    "At light, new moon.",
    "Under stone at edge of wash.",
    "On flowers of Parkinsonia.",
    "Crossing the road after rain.",
    "Several seen, one taken.",
    "",
    "",
    "",
)

SCENES = {
    "herbarium": Scene(
        "Plantae",
        "PreservedSpecimen",
        PLANTS,
        _collectors(
            "H. W. Tarrant 1894-1921; R. Köhler 1907-1938; P. Lindqvist 1929-1961; "
            "M. Aldana Ríos 1951-1989; D. J. Whitlock 1966-2003; E. Peñaloza 1978-2024; "
            "A. Sandoval Ibarra 1992-2024"
        ),
        ("M. Aldana Ríos", "J. F. Okafor", "C. Beaumont", "T. Whitlock"),
        "sheet",
        _PLANT_REMARKS,
    ),
    "insects": Scene(
        "Animalia",
        "PreservedSpecimen",
        INSECTS,
        _collectors(
            "G. Thornbury 1921-1958; B. O’Meara 1948-1983; F. Navarro Luz 1971-2012; "
            "K. Ishida 1985-2020; S. Villaseñor Paz 1999-2024"
        ),
        ("G. Thornbury", "K. Ishida", "A. Petrov"),
        "pinned",
        _ANIMAL_REMARKS,
    ),
    "reptiles": Scene(
        "Animalia",
        "PreservedSpecimen",
        REPTILES,
        _collectors("W. Castellanos 1938-1969; N. Abernathy 1961-2004; J. Quiroga Mena 1990-2019"),
        ("N. Abernathy", "J. Quiroga Mena"),
        "whole animal (ethanol)",
        _ANIMAL_REMARKS,
    ),
    "birds": Scene(
        "Animalia",
        "HumanObservation",
        BIRDS,
        _collectors("Lucía Ferrer 2016-2025"),
        ("Lucía Ferrer",),
        "",
        ("Singing from the top of a saguaro.", "A pair, feeding young.", "Heard only.", "", ""),
    ),
    "plants seen": Scene(
        "Plantae",
        "HumanObservation",
        PLANTS,
        _collectors("Tomás Aguirre 2018-2025"),
        ("Tomás Aguirre",),
        "",
        _PLANT_REMARKS,
    ),
}
