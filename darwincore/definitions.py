"""What each term means, in a sentence for the person who types into it.

Shortened from the Darwin Core definitions (http://rs.tdwg.org/dwc/terms/) and, for Symbiota's own
terms, from how its editor uses them. `definition` is blank for a term that nobody types.
"""

_LINES = """
type                  The nature of the resource: PhysicalObject, StillImage, Text…
language              The language of the record, as a code: en, es, fr.
license               The terms under which the record may be used, as an address.
rightsHolder          The person or institution that owns the rights.
accessRights          Who may have access to the record, or why it is limited.
bibliographicCitation How the record itself is to be cited.
references            A related resource: the address of the record elsewhere.
institutionID         An identifier of the institution that keeps the specimen.
datasetID             An identifier of the data set the record belongs to.
datasetName           The name of the data set the record belongs to.
institutionCode       The acronym of the institution that keeps the specimen, where it isn't this
    collection's own.
collectionCode        The acronym of the collection, where it isn't this collection's own.
ownerInstitutionCode  The acronym of the institution that owns the specimen, if another one keeps
    it.
basisOfRecord         What kind of thing the record is of: a preserved specimen, a fossil, an
    observation…
dataGeneralizations   What was made less exact than it is known, and why.
dynamicProperties     Further properties as names and values, such as {"tragusLengthInMeters":
    0.014}.
occurrenceID          The identifier of the record that is the same everywhere, for ever.
catalogNumber         The number of the specimen in this collection, mostly its barcode.
otherCatalogNumbers   Other numbers of the specimen: accession, old numbers, other institutions'
    barcodes.
recordNumber          The number the collector gave the specimen in the field.
recordedBy            Who collected or observed it, the main collector first.
recordedByID          Identifiers of the collectors, such as ORCID addresses.
individualCount       How many individuals were there when it was collected.
organismQuantity      A quantity of organisms, with its type beside it.
organismQuantityType  What the quantity counts: individuals, % cover, biomass…
sex                   The sex of the individuals.
lifeStage             The age class or stage: juvenile, larva, adult, seedling…
reproductiveCondition The phenology: in flower, fruiting, vegetative, gravid…
caste                 The caste of a social insect: worker, queen, soldier.
behavior              What the individual was doing: roosting, foraging.
vitality              Whether it was alive or dead when found.
establishmentMeans    Whether it is there by itself or was brought by people.
degreeOfEstablishment How far it survives, reproduces and spreads there by itself.
pathway               How it came to be there: released, escaped, contaminant…
georeferenceVerificationStatus How far the georeference was checked, and by whom.
occurrenceStatus      Whether the taxon was present or absent at the place.
preparations          How the specimen is kept: pressed sheet, spirit, packet, skin…
disposition           Where the specimen is now: in collection, on loan, missing.
associatedMedia       Addresses of pictures, sounds or films of it.
associatedOccurrences Identifiers of other records and how they are related.
associatedReferences  Literature that cites the specimen.
associatedSequences   Identifiers of its genetic sequences.
associatedTaxa        Other taxa that grew or lived with it.
occurrenceRemarks     Notes about the specimen.
organismID            An identifier of the individual organism.
organismName          A name given to the individual: a tree's number, a bird's nickname.
organismScope         What the organism is: one individual, a colony, a pack.
associatedOrganisms   Other individuals, and how they are related.
previousIdentifications Names that were on the specimen before, oldest last.
organismRemarks       Notes about the individual.
materialEntityID      An identifier of the specimen as a thing.
materialSampleID      An identifier of the sample.
verbatimLabel         The whole text of the label as it stands, line by line.
materialEntityRemarks Notes about the specimen as a thing.
parentEventID         An identifier of the wider event: the expedition, the survey.
eventID               An identifier of the collecting event.
eventType             What kind of event: collecting, survey, expedition.
fieldNumber           The number of the collecting event in the field notes.
eventDate             When it was collected: a day, a month, a year or a range.
eventTime             The time of day, such as 14:30.
verbatimEventDate     The date as it stands on the label.
habitat               The kind of place it lived in.
samplingProtocol      How it was collected: mist net, pitfall trap, by hand.
sampleSizeValue       The size of the sample, with its unit beside it.
sampleSizeUnit        The unit of the sample size.
samplingEffort        How much was done to find it: 40 trap-nights.
fieldNotes            What the collector wrote in the field book.
eventRemarks          Notes about the collecting event.
locationID            An identifier of the place, the same for each record from there.
higherGeographyID     An identifier of the region.
higherGeography       The regions from the widest to the nearest, in one text.
continent             The continent.
waterBody             The ocean, sea, lake or river.
islandGroup           The group of islands.
island                The island.
country               The country at present, even if the label bears an old name.
countryCode           The two letters of the country in ISO 3166.
stateProvince         The state, province, department: the next smaller region below the country.
county                The county, shire, district: the next smaller region below the state.
municipality          The city or municipality: the next smaller region below the county.
locality              The place in words, without what stands in the other fields.
verbatimLocality      The place as it stands on the label.
minimumElevationInMeters The lower end of the elevation. Feet are turned into metres.
maximumElevationInMeters The upper end of the elevation. Feet are turned into metres.
verbatimElevation     The elevation as it stands on the label.
verticalDatum         What elevation is measured from: EGM96, NAVD88.
minimumDepthInMeters  The lesser depth below the surface of the water.
maximumDepthInMeters  The greater depth below the surface of the water.
verbatimDepth         The depth as it stands on the label.
minimumDistanceAboveSurfaceInMeters The lower end of its height above the ground or below it.
maximumDistanceAboveSurfaceInMeters The upper end of its height above the ground or below it.
locationAccordingTo   Who or what says that the place is the one meant.
locationRemarks       Notes about the place.
decimalLatitude       Degrees north, south negative. Other notations are read, also both axes or a
    UTM point in this one field.
decimalLongitude      Degrees east, west negative. Other notations are read.
geodeticDatum         The datum of the coordinates: WGS84, NAD27, NAD83.
coordinateUncertaintyInMeters The radius of the circle around the point that holds the whole
    place.
coordinatePrecision   How exact the coordinates are written, in degrees.
pointRadiusSpatialFit How well the circle fits the place: 1 is exact.
verbatimCoordinates   The coordinates as they stand on the label: degrees, UTM, MGRS, township and
    range.
verbatimLatitude      The latitude as it stands on the label.
verbatimLongitude     The longitude as it stands on the label.
verbatimCoordinateSystem The system of the verbatim coordinates: UTM, degrees minutes seconds.
verbatimSRS           The datum of the verbatim coordinates.
footprintWKT          The shape of the place as well-known text.
footprintSRS          The reference system of the shape.
footprintSpatialFit   How well the shape fits the place: 1 is exact.
georeferencedBy       Who found the coordinates for the place.
georeferencedDate     When the coordinates were found.
georeferenceProtocol  The method by which point and uncertainty were found.
georeferenceSources   The maps, gazetteers or tools that were used.
georeferenceRemarks   Assumptions and doubts about the georeference.
geologicalContextID   An identifier of the geological context.
earliestEonOrLowestEonothem The eon in which the rock began to form.
latestEonOrHighestEonothem The eon in which it ended.
earliestEraOrLowestErathem The era in which the rock began to form.
latestEraOrHighestErathem The era in which it ended.
earliestPeriodOrLowestSystem The period in which the rock began to form.
latestPeriodOrHighestSystem The period in which it ended.
earliestEpochOrLowestSeries The epoch in which the rock began to form.
latestEpochOrHighestSeries The epoch in which it ended.
earliestAgeOrLowestStage The age or stage in which the rock began to form.
latestAgeOrHighestStage The age or stage in which it ended.
lowestBiostratigraphicZone The lowest zone of fossils.
highestBiostratigraphicZone The highest zone of fossils.
lithostratigraphicTerms The names of the rock units, in one text.
group                 The lithostratigraphic group.
formation             The lithostratigraphic formation.
member                The lithostratigraphic member.
bed                   The lithostratigraphic bed.
identificationID      An identifier of the determination.
verbatimIdentification The name as it stands on the label, with its doubts.
identificationQualifier The determiner's doubt: cf., aff., ?
typeStatus            Which type it is, and of which name: isotype of Quercus emoryi Torr.
identifiedBy          Who determined it.
identifiedByID        Identifiers of the determiners, such as ORCID addresses.
dateIdentified        When it was determined: a day, a month or a year.
identificationReferences Literature the determination follows.
identificationVerificationStatus How sure the determination is.
identificationRemarks Notes about the determination.
taxonID               An identifier of the taxon.
scientificNameID      An identifier of the name.
acceptedNameUsageID   An identifier of the accepted name.
parentNameUsageID     An identifier of the parent taxon.
originalNameUsageID   An identifier of the basionym.
nameAccordingToID     An identifier of the source of the taxon's circumscription.
namePublishedInID     An identifier of the publication of the name.
taxonConceptID        An identifier of the circumscription that is meant.
scientificName        The name of the taxon as determined, without its author where the next field
    has it.
acceptedNameUsage     The accepted name, if the name is a synonym.
parentNameUsage       The name of the parent taxon.
originalNameUsage     The basionym.
nameAccordingTo       In whose sense the name is used.
namePublishedIn       The publication of the name.
namePublishedInYear   The year of that publication.
higherClassification  The taxa above, from the widest to the nearest.
kingdom               The kingdom; it tells names apart that two kingdoms share.
phylum                The phylum or division.
class                 The class.
order                 The order.
superfamily           The superfamily.
family                The family.
subfamily             The subfamily.
tribe                 The tribe.
subtribe              The subtribe.
genus                 The genus.
genericName           The genus as it stands in the name.
subgenus              The subgenus.
infragenericEpithet   The epithet between genus and species.
specificEpithet       The species epithet.
infraspecificEpithet  The epithet below the species.
cultivarEpithet       The cultivar.
taxonRank             The rank of the name: species, subspecies, variety, genus.
verbatimTaxonRank     The rank as it stands on the label.
scientificNameAuthorship The author of the name.
vernacularName        A common name.
nomenclaturalCode     The code the name follows: ICN, ICZN.
taxonomicStatus       Whether the name is accepted, a synonym, misapplied.
nomenclaturalStatus   The standing of the name under its code: nom. nud., nom. cons.
taxonRemarks          Notes about the taxon or the name.
associatedCollectors  Who else was there.
substrate             What it grew on or lived in: bark, limestone, dung.
verbatimAttributes    The specimen in words: habit, colours, measurements.
cultivationStatus     Whether it was planted or kept. Such records are left out of most searches
    elsewhere.
duplicateQuantity     How many sheets of this gathering there are to give away.
labelProject          The project under which labels are printed together.
exsiccatiTitle        The printed set the specimen was distributed with.
exsiccatiNumber       Its number within that set.
processingStatus      How far the record has come: unprocessed, stage 1, pending review, reviewed.
storageLocation       Where it stands in the collection: cabinet, shelf, drawer.
recordSecurity        Whether the place, or the whole record, is hidden from the public.
securityReason        Why it is hidden.
"""
_DEFINITIONS = {
    name: text.strip()
    for name, _space, text in (
        line.partition(" ") for line in _LINES.replace("\n    ", " ").strip().splitlines()
    )
}


def definition(name: str) -> str:
    """Return what the term of this name means; blank for one that isn't here."""
    return _DEFINITIONS.get(name, "")
