"""The terms a record may carry: one table that form, search, import, export and protection follow.

Source: Darwin Core (http://rs.tdwg.org/dwc/), Dublin Core terms, and the terms of Symbiota that
have no Darwin Core equivalent. To add a term, add a line here and make a migration.
"""

from dataclasses import dataclass

DWC = "http://rs.tdwg.org/dwc/terms/"
DCTERMS = "http://purl.org/dc/terms/"
SYMBIOTA = "https://symbiota.org/terms/"

OCCURRENCE_ROW = DWC + "Occurrence"
IDENTIFICATION_ROW = DWC + "Identification"
EVENT_ROW = DWC + "Event"
TAXON_ROW = DWC + "Taxon"
VERNACULAR_ROW = "http://rs.gbif.org/terms/1.0/VernacularName"
IDENTIFIER_ROW = "http://rs.gbif.org/terms/1.0/Identifier"
MULTIMEDIA_ROW = "http://rs.gbif.org/terms/1.0/Multimedia"
AUDUBON_ROW = "http://rs.tdwg.org/ac/terms/Multimedia"


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    name: the term's own name, camel case. iri: its address. group: the Darwin Core class it is
    listed under. column: ours, snake case; blank where a table of its own keeps the values.
    kind: text | integer | number | boolean | list. public: may still be shown when the record's
    place is protected. label: what curators call it.
    """

    name: str
    iri: str
    group: str
    column: str
    kind: str
    public: bool
    label: str


# A line is: name, kind, + stays public when the place is protected or - withheld, label.
# Closed by default: Location, Event and free text are withheld unless marked +.
_TABLE: dict[str, tuple[str, str]] = {
    "Record-level:dcterms": (
        DCTERMS,
        """
        type                  text    + Type
        modified              text    + Modified at Source
        language              text    + Language
        license               text    + License
        rightsHolder          text    + Rights Holder
        accessRights          text    + Access Rights
        bibliographicCitation text    + Citation
        references            text    - References
        """,
    ),
    "Record-level": (
        DWC,
        """
        institutionID         text    + Institution ID
        collectionID          text    + Collection ID
        datasetID             text    + Dataset ID
        institutionCode       text    + Institution Code
        collectionCode        text    + Collection Code
        datasetName           text    + Dataset
        ownerInstitutionCode  text    + Owner Code
        basisOfRecord         text    + Basis of Record
        informationWithheld   text    + Information Withheld
        dataGeneralizations   text    + Data Generalizations
        dynamicProperties     text    - Dynamic Properties
        """,
    ),
    "Occurrence": (
        DWC,
        """
        occurrenceID          text    + Occurrence ID
        catalogNumber         text    + Catalog Number
        otherCatalogNumbers   list    + Additional Identifiers
        recordNumber          text    - Number
        recordedBy            text    + Collector
        recordedByID          text    + Collector ID
        individualCount       text    + Individual Count
        organismQuantity      text    + Organism Quantity
        organismQuantityType  text    + Organism Quantity Type
        sex                   text    + Sex
        lifeStage             text    + Life Stage
        reproductiveCondition text    - Phenology/Reproductive Condition
        caste                 text    + Caste
        behavior              text    - Behavior
        vitality              text    - Vitality
        establishmentMeans    text    + Establishment Means
        degreeOfEstablishment text    + Degree of Establishment
        pathway               text    + Pathway
        georeferenceVerificationStatus text - Georeference Verification Status
        occurrenceStatus      text    + Occurrence Status
        preparations          text    + Preparations
        disposition           text    + Disposition
        associatedMedia       text    - Associated Media
        associatedOccurrences text    - Associated Occurrences
        associatedReferences  text    - Associated References
        associatedSequences   text    - Associated Sequences
        associatedTaxa        text    - Associated Taxa
        occurrenceRemarks     text    - Notes
        """,
    ),
    "Organism": (
        DWC,
        """
        organismID            text    + Organism ID
        organismName          text    + Organism Name
        organismScope         text    + Organism Scope
        associatedOrganisms   text    - Associated Organisms
        previousIdentifications text  - Previous Identifications
        organismRemarks       text    - Organism Remarks
        """,
    ),
    "MaterialEntity": (
        DWC,
        """
        materialEntityID      text    + Material ID
        materialSampleID      text    + Material Sample ID
        verbatimLabel         text    - Verbatim Label
        materialEntityRemarks text    - Material Remarks
        """,
    ),
    "Event": (
        DWC,
        """
        parentEventID         text    - Parent Event ID
        eventID               text    - Event ID
        eventType             text    - Event Type
        fieldNumber           text    - Field Number
        eventDate             text    - Date
        eventTime             text    - Time
        startDayOfYear        integer - Start Day of Year
        endDayOfYear          integer - End Day of Year
        year                  integer + Year
        month                 integer - Month
        day                   integer - Day
        verbatimEventDate     text    - Verbatim Date
        habitat               text    - Habitat
        samplingProtocol      text    - Sampling Protocol
        sampleSizeValue       text    - Sample Size
        sampleSizeUnit        text    - Sample Size Unit
        samplingEffort        text    - Sampling Effort
        fieldNotes            text    - Field Notes
        eventRemarks          text    - Event Remarks
        """,
    ),
    "Location": (
        DWC,
        """
        locationID            text    - Location ID
        higherGeographyID     text    - Higher Geography ID
        higherGeography       text    - Higher Geography
        continent             text    + Continent
        waterBody             text    - Water Body
        islandGroup           text    - Island Group
        island                text    - Island
        country               text    + Country
        countryCode           text    + Country Code
        stateProvince         text    + State/Province
        county                text    + County
        municipality          text    - Municipality
        locality              text    - Locality
        verbatimLocality      text    - Verbatim Locality
        minimumElevationInMeters number - Elevation min (m)
        maximumElevationInMeters number - Elevation max (m)
        verbatimElevation     text    - Verbatim Elevation
        verticalDatum         text    - Vertical Datum
        minimumDepthInMeters  number  - Depth min (m)
        maximumDepthInMeters  number  - Depth max (m)
        verbatimDepth         text    - Verbatim Depth
        minimumDistanceAboveSurfaceInMeters number - Distance Above Surface min (m)
        maximumDistanceAboveSurfaceInMeters number - Distance Above Surface max (m)
        locationAccordingTo   text    - Location According to
        locationRemarks       text    - Locality Remarks
        decimalLatitude       number  - Latitude
        decimalLongitude      number  - Longitude
        geodeticDatum         text    - Datum
        coordinateUncertaintyInMeters number - Uncertainty (m)
        coordinatePrecision   number  - Coordinate Precision
        pointRadiusSpatialFit number  - Point Radius Spatial Fit
        verbatimCoordinates   text    - Verbatim Coordinates
        verbatimLatitude      text    - Verbatim Latitude
        verbatimLongitude     text    - Verbatim Longitude
        verbatimCoordinateSystem text - Verbatim Coordinate System
        verbatimSRS           text    - Verbatim SRS
        footprintWKT          text    - Footprint WKT
        footprintSRS          text    - Footprint SRS
        footprintSpatialFit   number  - Footprint Spatial Fit
        georeferencedBy       text    - Georeferenced By
        georeferencedDate     text    - Georeferenced Date
        georeferenceProtocol  text    - Georeference Protocol
        georeferenceSources   text    - Georeference Sources
        georeferenceRemarks   text    - Georeference Remarks
        """,
    ),
    "GeologicalContext": (
        DWC,
        """
        geologicalContextID   text    - Geological Context ID
        earliestEonOrLowestEonothem    text + Earliest Eon
        latestEonOrHighestEonothem     text + Latest Eon
        earliestEraOrLowestErathem     text + Earliest Era
        latestEraOrHighestErathem      text + Latest Era
        earliestPeriodOrLowestSystem   text + Earliest Period
        latestPeriodOrHighestSystem    text + Latest Period
        earliestEpochOrLowestSeries    text + Earliest Epoch
        latestEpochOrHighestSeries     text + Latest Epoch
        earliestAgeOrLowestStage       text + Earliest Age
        latestAgeOrHighestStage        text + Latest Age
        lowestBiostratigraphicZone     text - Lowest Biostratigraphic Zone
        highestBiostratigraphicZone    text - Highest Biostratigraphic Zone
        lithostratigraphicTerms        text - Lithostratigraphy
        group                 text    - Group
        formation             text    - Formation
        member                text    - Member
        bed                   text    - Bed
        """,
    ),
    "Identification": (
        DWC,
        """
        identificationID      text    + Determination ID
        verbatimIdentification text   + Verbatim Identification
        identificationQualifier text  + ID Qualifier
        typeStatus            text    + Type Status
        identifiedBy          text    + Identified By
        identifiedByID        text    + Determiner ID
        dateIdentified        text    + Date Identified
        identificationReferences text - ID References
        identificationVerificationStatus text + ID Verification
        identificationRemarks text    - ID Remarks
        """,
    ),
    "Taxon": (
        DWC,
        """
        taxonID               text    + Taxon ID
        scientificNameID      text    + Scientific Name ID
        acceptedNameUsageID   text    + Accepted Name ID
        parentNameUsageID     text    + Parent Name ID
        originalNameUsageID   text    + Original Name ID
        nameAccordingToID     text    + Name According to ID
        namePublishedInID     text    + Name Published in ID
        taxonConceptID        text    + Taxon Concept ID
        scientificName        text    + Scientific Name
        acceptedNameUsage     text    + Accepted Name
        parentNameUsage       text    + Parent Name
        originalNameUsage     text    + Original Name
        nameAccordingTo       text    + Name According to
        namePublishedIn       text    + Name Published in
        namePublishedInYear   text    + Name Published in Year
        higherClassification  text    + Higher Classification
        kingdom               text    + Kingdom
        phylum                text    + Phylum
        class                 text    + Class
        order                 text    + Order
        superfamily           text    + Superfamily
        family                text    + Family
        subfamily             text    + Subfamily
        tribe                 text    + Tribe
        subtribe              text    + Subtribe
        genus                 text    + Genus
        genericName           text    + Generic Name
        subgenus              text    + Subgenus
        infragenericEpithet   text    + Infrageneric Epithet
        specificEpithet       text    + Specific Epithet
        infraspecificEpithet  text    + Infraspecific Epithet
        cultivarEpithet       text    + Cultivar Epithet
        taxonRank             text    + Rank
        verbatimTaxonRank     text    + Verbatim Rank
        scientificNameAuthorship text + Author
        vernacularName        text    + Vernacular Name
        nomenclaturalCode     text    + Nomenclatural Code
        taxonomicStatus       text    + Taxonomic Status
        nomenclaturalStatus   text    + Nomenclatural Status
        taxonRemarks          text    - Taxon Remarks
        """,
    ),
    "Symbiota": (
        SYMBIOTA,
        """
        associatedCollectors  text    - Associated Collectors
        substrate             text    - Substrate
        verbatimAttributes    text    - Description
        cultivationStatus     boolean + Cultivated/Captive
        duplicateQuantity     text    + Dupe Count
        labelProject          text    - Label Project
        exsiccatiTitle        text    - Exsiccata Title
        exsiccatiNumber       text    - Exsiccata Number
        processingStatus      text    + Processing Status
        storageLocation       text    + Storage Location
        recordSecurity        integer + Security
        securityReason        text    - Security Reason
        recordEnteredBy       text    + Entered by at Source
        dateEntered           text    + Entered at Source
        """,
    ),
}

# Python keeps `class`; collection_id is our own key; identifiers have rows of their own.
_COLUMNS = {"class": "taxon_class", "collectionID": "dwc_collection_id", "otherCatalogNumbers": ""}


def column_of(name: str) -> str:
    """Return our column for a term: recordedByID → recorded_by_id, verbatimSRS → verbatim_srs."""
    if name in _COLUMNS:
        return _COLUMNS[name]
    letters: list[str] = []
    for position, letter in enumerate(name):
        if letter.isupper() and not name[position - 1].isupper():
            letters.append("_")
        letters.append(letter.lower())
    return "".join(letters)


def _read_table() -> tuple[Term, ...]:
    found = []
    for heading, (namespace, lines) in _TABLE.items():
        group = heading.partition(":")[0]
        for line in filter(None, map(str.strip, lines.splitlines())):
            name, kind, mark, label = line.split(None, 3)
            found.append(
                Term(name, namespace + name, group, column_of(name), kind, mark == "+", label)
            )
    return tuple(found)


TERMS = _read_table()
BY_NAME = {term.name: term for term in TERMS}
COLUMN_TERMS = tuple(term for term in TERMS if term.column)
BY_COLUMN = {term.column: term for term in COLUMN_TERMS}
COLUMNS = tuple(BY_COLUMN)
WITHHELD_COLUMNS = tuple(term.column for term in COLUMN_TERMS if not term.public)
CELL_COLUMNS = ("decimal_latitude", "decimal_longitude")

# What a determination carries of its own; the current one is mirrored in the record.
IDENTIFICATION_TERMS = tuple(
    term
    for term in COLUMN_TERMS
    if term.group in {"Identification", "Taxon"} and term.name != "typeStatus"
)
IDENTIFICATION_COLUMNS = tuple(term.column for term in IDENTIFICATION_TERMS)

# Derived from eventDate, never read or exported as terms.
DERIVED_COLUMNS = ("event_date_start", "event_date_end", "event_date_precision")

_ALIASES = {"localitysecurity": "recordSecurity", "localitysecurityreason": "securityReason"}
_BY_FOLDED = {term.name.lower(): term.name for term in TERMS}


def simple_name(text: str) -> str:
    """Return the local name of a term's address or prefixed name.

    "http://rs.tdwg.org/dwc/terms/decimalLatitude" and "dwc:decimalLatitude" give
    "decimalLatitude"; a name that is no term of ours comes back without its prefix.
    """
    text = text.strip()
    local = text.rstrip("/#").replace("#", "/").rpartition("/")[2] if "/" in text else text
    return local.rpartition(":")[2].strip() if "/" in text or text.count(":") == 1 else local


def term_named(text: str) -> Term | None:
    """Return the term that a header or address names exactly, whatever its case, or None."""
    folded = simple_name(text).lower()
    return BY_NAME.get(_ALIASES.get(folded) or _BY_FOLDED.get(folded, ""))
