"""What the header of a column may mean: in Symbiota's words, and in those of curators.

To recognise a source's header, add it to a block below. Headers are folded: lower case, letters and
digits alone. Of several targets for one header the first that is free and suits the values is
taken; of several columns for one target the one that comes first in the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from darwincore.terms import BY_NAME, simple_name, term_named
from occurrences.parts import PARTS

IDENTIFIER = "identifier:"

# Symbiota: the columns of its backups and exports, of its importer, and the synonyms it knows.
_SYMBIOTA = """
scientificName: sciname fullname
scientificNameAuthorship: authorspecies authorinfraspecific speciesauthor taxonauthor
family: taxonfamilyname
vernacularName: commonname
identificationQualifier: cf qualifier
identifiedBy: detby determinor
dateIdentified: determinationdate determineddate
identificationRemarks: determinedremarks
occurrenceID: guid occurrenceguid
catalogNumber: accession accessionid accessionnumber
identifier:Accession: accession accessionid accessionnumber
identifier:dbpk: dbpk sourceprimarykey sourceprimarykeydbpk
identifier:recordID: recordid
legacyID: occid symbiotaid
sourceID: id coreid gbifid
recordedBy: collector observer primarycollector fieldcollector collectedby userlogin
recordNumber: recordnumberprefix collectornumber collectionnumber fieldcollectorfieldnumber
recordNumber: recordnumbersuffix
associatedCollectors: collectors
eventDate: datecollected collectiondate observedon dateobserved collectionstartdate
eventDate2: eventdate2 enddate dateend collectionenddate eventdateend
verbatimEventDate: collectionverbatimdate
country: placecountryname
stateProvince: placestatename state
county: placecountyname municipiocounty
locality: location placeguess fieldlocalitydescription
locationRemarks: localitynotes localityremarks
verbatimLatitude: latitude
verbatimLongitude: longitude
coordinateUncertaintyInMeters: publicpositionalaccuracy coordinateuncertaintyradius errorradius
geodeticDatum: datum
utmZone: utmzoning utmzone
utmEasting: utmeasting
utmNorthing: utmnorthing
township: trstownship township
range: trsrange range
section: trssection section
sectionDetails: trssectiondetails
latitudeDegrees: latdeg
latitudeMinutes: latmin
latitudeSeconds: latsec
latitudeHemisphere: latns
longitudeDegrees: lngdeg
longitudeMinutes: lngmin
longitudeSeconds: lngsec
longitudeHemisphere: lngew
elevationNumber: elevationnumber
elevationUnit: elevationunits
georeferenceSources: georeferencingsource
georeferenceRemarks: georefremarks
minimumElevationInMeters: elevationmeters minelevationm
maximumElevationInMeters: maxelevationm
verbatimElevation: verbatimelev
associatedTaxa: associatedspecies fieldassociatedspecies assoctaxa host
occurrenceRemarks: notes remarks generalnotes specimennotes
verbatimAttributes: plantdescription description specimendescription
reproductiveCondition: phenology
habitat: habitatdescription sitedeschabitat fieldhabitat
cultivationStatus: captivecultivated
storageLocation: storageage
recordEnteredBy: enteredby createdby
dateEntered: initialtimestamp
modified: datelastmodified timestamplastmodified modifiedbysource
recordSecurity: localitysecurity security
securityReason: localitysecurityreason
associatedMedia: imageurl accessuri
group: lithogroup
license: rights
collectorGivenName: collectorinitials
collectorFamilyName: collectorfamilyname
kept: exsiccatiidentifier exsiccatinotes ometid exsnumber securitylocked
kept: localitysecuritylock taxonenvironment absoluteage localstage biota slideproperties
"""
_ENGLISH = """
scientificName: taxon taxonname species currentname specieshybrid latinname botanicalname binomial
scientificName: name determination scientific
scientificNameAuthorship: author authors authority speciesauthority nameauthor
genus: gen
specificEpithet: species speciesepithet epithet sp
infraspecificEpithet: subspecies variety infraspecificname infraspecific ssp var form
vernacularName: commonnames
identifiedBy: determiner determinedby identifier det idby dets identifiedbyname
dateIdentified: datedetermined detdate identificationdate iddate dateid dateofidentification
identifiedYear: yearidentified detyear yeardetermined
identifiedMonth: monthidentified detmonth monthdetermined
identifiedDay: dayidentified detday daydetermined
identificationRemarks: detremarks detnotes determinationremarks idnotes
occurrenceID: specimenguid uuid recordguid
catalogNumber: barcode barcodevalue catalog catalognum catalogno catno specimennumber specimenno
catalogNumber: sheetnumber sheetno herbariumnumber herbariumno museumnumber catalognumbertext
catalogNumber: catalogue cataloguenumber catalogueno barcodenumber
identifier:Accession: accessionno accno accnumber
catalogNumber: accessionno accno accnumber
identifier:Previous Catalog Number: previouscatalognumber oldcatalognumber oldnumber
otherCatalogNumbers: othercatalognumber othernumbers othernumber otheridentifiers
otherCatalogNumbers: additionalidentifiers alternatenumber altcatnum altcatnumber
recordedBy: collectors collectorname collectornames coll collname leg legit recordedbyname
recordedBy: primarycollectorname maincollector collectorfullname
collectorAndNumber: collectorandnumber collectornumberandname collectorno collnocombined
recordNumber: collectorno collectorsnumber collectorsno collnumber collno collectionno collnum
recordNumber: number no num collectingnumber fieldno colnumber collectorsfieldnumber
recordNumber: collectnum
collectorGivenName: collectorfirstname collectorgivenname firstname
collectorFamilyName: collectorlastname collectorsurname lastname surname
determinerGivenName: determinerfirstname detfirstname
determinerFamilyName: determinerlastname detlastname
associatedCollectors: addcoll additionalcollectors secondarycollectors othercollectors
associatedCollectors: cocollectors collectionteam with
eventDate: date collectdate collectiondatestart colldate collectingdate dateofcollection startdate
eventDate: datestart eventdatestart collectedon collectedate coldate datecoll
verbatimEventDate: verbatimdate datetext datelabel labeldate datestring
year: yearcollected collectionyear startyear yr colyear collyear
month: monthcollected startmonth mon collmonth colmonth
day: daycollected startday collday colday
endYear: yearend
endMonth: monthend
endDay: dayend
eventTime: time timeofday timecollected
country: nation countryname
stateProvince: province stateprov stateorprovince provincestate st
county: parish countyname
municipality: town city
locality: localitydescription site sitename placename place localitytext exactlocality
locality: specificlocality localityname localitydetail sitedescription
verbatimLocality: verbatimlocation localityverbatim labellocality
locationID: siteid localityid sitecode
decimalLatitude: lat latitude latdd declat latdec latdecimal decimallat latitudedecimal latdecdeg
decimalLatitude: y gpslat gpslatitude
decimalLongitude: lon long lng longitude longdd lndd declong longdec londec lngdec longdecimal
decimalLongitude: decimallong decimallon longitudedecimal longdecdeg x gpslong gpslon gpslongitude
verbatimLatitude: lat latitude latdms latitudedms
verbatimLongitude: lon long lng longitude longdms longitudedms londms
latitudeDegrees: latdegrees latitudedeg latd
latitudeMinutes: latminutes latitudemin latm
latitudeSeconds: latseconds latitudesec lats
latitudeHemisphere: latdir lathemisphere ns latdirection northsouth nors latitudedirection
longitudeDegrees: longdeg londeg longdegrees lngdegrees longitudedeg longd
longitudeMinutes: longmin lonmin longminutes lngminutes longitudemin longm
longitudeSeconds: longsec lonsec longseconds lngseconds longitudesec longs
longitudeHemisphere: longdir londir longhemisphere ew longdirection eastwest eorw
longitudeHemisphere: longitudedirection longew
utmZone: zone utmgridzone
utmBand: utmband band utmletter zoneletter
utmHemisphere: hemisphere utmhemisphere
utmEasting: easting utme utmx eastings
utmNorthing: northing utmn utmy northings
verbatimCoordinates: coordinates coords coordinate latlong latlon latlng gps gpscoordinates
verbatimCoordinates: geocoordinates utm utmcoordinates mgrs gridreference gridref utmmgrs trs
verbatimCoordinates: latitudelongitude
township: twp tnshp town
range: rng rge
section: sec sect
sectionDetails: quartersection qsection qtrsection
uncertaintyUnit: coordinateuncertaintyunits coordinateuncertaintyradiusunits errorradiusunits
uncertaintyUnit: errorradiusunit errorunits errorunit uncertaintyunits georeferenceerrorunits
verbatimEventDate: twcollectingeventverbatimdate
verbatimLocality: twcollectingeventverbatimlocality
infraspecificEpithet: infraspeciesepithet
scientificNameAuthorship: authorstring
coordinateUncertaintyInMeters: uncertainty error positionalaccuracy coordinateuncertainty
coordinateUncertaintyInMeters: uncertaintym uncertaintyinmeters accuracy gpsaccuracy
coordinateUncertaintyInMeters: coordinateaccuracy errorm radius
minimumElevationInMeters: elevationm minelevation minimumelevation elevmin elevm elevationmin
minimumElevationInMeters: altitudemin minaltitude elevationinmeters elevminm lowelevation
maximumElevationInMeters: maxelevation maximumelevation elevmax elevationmax altitudemax
maximumElevationInMeters: maxaltitude elevmaxm highelevation
verbatimElevation: elevation elev altitude alt elevationtext elevationverbatim
minimumElevationInMeters: elevation elev altitude alt
elevationNumber: elevationft elevationfeet elevft altitudeft altitudefeet elevfeet elevinfeet
elevationNumber: elevationinfeet
elevationUnit: elevunit elevunits elevationunit altitudeunit
minimumDepthInMeters: mindepth depthmin depthm minimumdepth
maximumDepthInMeters: maxdepth depthmax maximumdepth
verbatimDepth: depth depthtext
depthUnit: depthunit depthunits
georeferenceSources: georeferencesource
georeferencedBy: georefby
habitat: ecology habitatnotes vegetation vegetationtype habitattype
substrate: substratum
associatedTaxa: associatedplants associates
verbatimAttributes: plantdesc descriptionofplant morphology
occurrenceRemarks: comments comment note specimenremarks
reproductiveCondition: flowering flowerfruit flfr
cultivationStatus: cultivated
storageLocation: storage cabinet shelf
duplicateQuantity: dupecount duplicates dups noofduplicates sheets noofsheets
processingStatus: recordstatus
labelProject: project label labelheader
associatedMedia: image imageurls images photo photos photourl photographs
individualCount: count numberofindividuals specimencount
typeStatus: typeinfo typespecimen types kindoftype
basisOfRecord: recordtype kindofrecord
institutionCode: institution herbarium herb museum acronym herbariumcode
institutionID: institutionidentifier
datasetName: dataset
order: taxonorder
higherClassification: classification highertaxon highertaxa
"""
_SPANISH = """
scientificName: nombrecientifico especie taxon nombre
scientificNameAuthorship: autor autores autoridad autordelnombre
kingdom: reino
phylum: filo
class: clase
order: orden
family: familia
genus: genero
specificEpithet: epiteto epitetoespecifico especie
infraspecificEpithet: subespecie variedad epitetoinfraespecifico
vernacularName: nombrecomun nombrevulgar nombrevernaculo nombrelocal
identifiedBy: determinador identificadopor determino determinadopor identifico
dateIdentified: fechadeterminacion fechadedeterminacion fechaidentificacion fechadeidentificacion
catalogNumber: numerodecatalogo numcatalogo codigodebarras codigobarras nocatalogo nodecatalogo
catalogNumber: catalogo numerocatalogo ncatalogo codigo
identifier:Accession: numerodeacceso noacceso acceso
recordedBy: colector recolector colectores colectadopor recolectores recolectadopor colecto
recordNumber: numerodecolector numerodecoleta numerodecolecta nodecolecta nocolecta numcolecta
recordNumber: nocolector numcolector ncolecta numerocolecta numerodecampo numero nodecolector
associatedCollectors: otroscolectores colectoresadicionales acompanantes
eventDate: fecha fechadecolecta fechacolecta fechaderecoleccion fecharecoleccion fechainicial
eventDate: fechacolecta fechadelacolecta
eventDate2: fechafinal fechafin
year: ano anio anodecolecta
month: mes
day: dia
country: pais
stateProvince: estado provincia departamento entidad entidadfederativa region
county: condado
municipality: municipio canton partido comuna
locality: localidad lugar sitio localidaddecolecta
decimalLatitude: latitud latituddecimal
decimalLongitude: longitud longituddecimal
verbatimLatitude: latitud
verbatimLongitude: longitud
latitudeDegrees: latgrados gradoslatitud latitudgrados
latitudeMinutes: latminutos minutoslatitud latitudminutos
latitudeSeconds: latseg latsegundos segundoslatitud latitudsegundos
longitudeDegrees: longgrados gradoslongitud longitudgrados
longitudeMinutes: longminutos minutoslongitud longitudminutos
longitudeSeconds: longseg longsegundos segundoslongitud longitudsegundos
verbatimCoordinates: coordenadas coordenadasutm coordenadasgeograficas
utmZone: zona huso zonautm
coordinateUncertaintyInMeters: incertidumbre
verbatimElevation: altitud elevacion altura
minimumElevationInMeters: altitud elevacion altitudm altitudminima elevacionminima altitudmsnm
minimumElevationInMeters: msnm
maximumElevationInMeters: altitudmaxima elevacionmaxima
habitat: ecologia tipodevegetacion vegetacion
verbatimAttributes: descripcion descripciondelaplanta
occurrenceRemarks: observaciones notas comentarios obs
reproductiveCondition: fenologia
duplicateQuantity: duplicados
typeStatus: tipo
institutionCode: institucion herbario
associatedTaxa: especiesasociadas
sex: sexo
lifeStage: estadodevida estadio
individualCount: numerodeindividuos noindividuos
"""
_PORTUGUESE = """
scientificName: nomecientifico especie nome
scientificNameAuthorship: autores
class: classe
order: ordem
genus: genero
specificEpithet: epitetoespecifico
vernacularName: nomepopular nomecomum nomevulgar
identifiedBy: determinadopor identificador
dateIdentified: datadeterminacao datadedeterminacao dataidentificacao datadet datadaidentificacao
catalogNumber: numerodecatalogo codigodebarras tombo numerodetombo notombo numtombo ntombo
catalogNumber: codbarras numerodotombo
recordedBy: coletor coletores coletadopor
recordNumber: numerodecoleta numerodocoletor nocoletor numcoleta ncoleta nodecoleta numerocoleta
associatedCollectors: outroscoletores
eventDate: data datadecoleta datacoleta datadacoleta dtcoleta
year: ano anodecoleta
month: mesdecoleta
day: diadecoleta
county: concelho
locality: localidade local
decimalLatitude: latitudedecimal
decimalLongitude: longitudedecimal
verbatimElevation: altitude elevacao
minimumElevationInMeters: altitude elevacao altitudem
verbatimAttributes: descricao descricaodaplanta
occurrenceRemarks: observacoes notas obs
habitat: vegetacao
municipality: municipio cidade
duplicateQuantity: duplicatas
institutionCode: instituicao
"""
_FRENCH = """
scientificName: nomscientifique espece nom
scientificNameAuthorship: auteur auteurs
kingdom: regne
phylum: embranchement
class: classe
order: ordre
family: famille
genus: genre
specificEpithet: epithete epithetespecifique
vernacularName: nomvernaculaire nomcommun
identifiedBy: determinateur determinepar identifiepar
dateIdentified: datedetermination datededetermination dateidentification
catalogNumber: numerodecatalogue codebarre codebarres numeroinventaire numerodinventaire
catalogNumber: nocatalogue
recordedBy: collecteur recolteur collecteurs recoltepar collectepar
recordNumber: numerodecollecte numerodecolte numeroderecolte norecolte nocollecte numerocollecteur
recordNumber: numeroducollecteur numero
eventDate: datederecolte datecollecte datedecollecte daterecolte
year: annee
month: mois
day: jour
country: pays
stateProvince: province region
county: departement
municipality: commune ville
locality: localite lieu station lieudit
verbatimElevation: altitude
habitat: milieu ecologie
occurrenceRemarks: remarques observations commentaires
verbatimAttributes: description
institutionCode: herbier
sex: sexe
"""
_GERMAN = """
scientificName: wissenschaftlichername art artname taxonname
scientificNameAuthorship: autor autoren
kingdom: reich
phylum: stamm
class: klasse
order: ordnung
family: familie
genus: gattung
specificEpithet: artepitheton epitheton
infraspecificEpithet: unterart varietat
vernacularName: deutschername trivialname
identifiedBy: bestimmer bestimmtvon determinator detvon
dateIdentified: bestimmungsdatum datumbestimmung
catalogNumber: inventarnummer inventarnr katalognummer katalognr belegnummer belegnr herbarnummer
catalogNumber: herbarnr
identifier:Accession: zugangsnummer akzessionsnummer
recordedBy: sammler gesammeltvon sammlerin legit
recordNumber: sammelnummer sammelnr sammlernummer sammlernr feldnummer feldnr nummer nr
associatedCollectors: mitsammler
eventDate: datum funddatum sammeldatum sammlungsdatum
year: jahr
month: monat
day: tag
country: land staat
stateProvince: bundesland provinz kanton
county: landkreis kreis bezirk
municipality: gemeinde ort stadt
locality: fundort lokalitat fundstelle
decimalLatitude: breite breitengrad geographischebreite
decimalLongitude: lange langengrad geographischelange
verbatimLatitude: breite breitengrad
verbatimLongitude: lange langengrad
verbatimCoordinates: koordinaten
verbatimElevation: hohe meereshohe seehohe
minimumElevationInMeters: hohe meereshohe seehohe hoheunm hohem hoehe
habitat: standort lebensraum biotop
occurrenceRemarks: bemerkungen bemerkung anmerkung anmerkungen notizen
verbatimAttributes: beschreibung
individualCount: anzahl
sex: geschlecht
lifeStage: stadium
"""
_BLOCKS = (_SYMBIOTA, _ENGLISH, _SPANISH, _PORTUGUESE, _FRENCH, _GERMAN)

_FOLD = re.compile(r"[^\w]|_")  # also the accents that NFKD sets apart
# What programs write around a term's name.
_AROUND = re.compile(
    r"^(?:dwc|dc|dcterms|v|verbatim_dwc|occurrence|field|idigbio|specify|occ)[_:.]|\s*[\[(][^)\]]*[\])]\s*$",
    re.IGNORECASE,
)
_NUMBER_SIGN = re.compile(r"[#№]|\bn[º°]|\bn\.\s?[º°o]\.?", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def fold(header: str) -> str:
    """Return a header in lower case without spaces, signs, accents and prefix.

    "dwc:Event.Date" gives eventdate, "Número de colector" numerodecolector, "Nº" and "#" no.
    """
    plain = unicodedata.normalize("NFKD", _NUMBER_SIGN.sub("no", simple_name(header)))
    return _FOLD.sub("", plain).lower()


def _targets() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for block in _BLOCKS:
        for line in block.strip().splitlines():
            target, _colon, headers = line.rpartition(": ")
            for header in headers.split():
                if target not in found.setdefault(header, []):
                    found[header].append(target)
    return found


SYNONYMS = _targets()
_BY_FOLDED_NAME = {name.lower(): name for name in BY_NAME}
_BY_FOLDED_PART = {name.lower(): name for name in PARTS}


def exactly(header: str) -> str:
    """Return the term that a header names, whatever its case, signs and prefix; else blank."""
    if term := term_named(header):
        return term.name
    return _BY_FOLDED_NAME.get(fold(header), "")


def synonyms(header: str) -> Iterator[str]:
    """Yield the targets that a header may mean, the likeliest first."""
    for folded in _spellings(header):
        yield from SYNONYMS.get(folded, ())
        if name := _BY_FOLDED_NAME.get(folded) or _BY_FOLDED_PART.get(folded):
            yield name


def _spellings(header: str) -> Iterator[str]:
    yield fold(header)
    bare = _AROUND.sub("", header.strip())
    if bare != header:
        yield fold(bare)


@lru_cache(maxsize=4096)
def nearly(header: str) -> tuple[str, ...]:
    """Return the targets of a header that is one misspelling away: "Locallity", "scientifcName"."""
    folded = fold(header)
    if len(folded) < 8:
        return ()
    close = get_close_matches(folded, [*_BY_FOLDED_NAME, *_LONG], n=1, cutoff=0.93)
    if not close or close[0][0] != folded[0] or {close[0][-1], folded[-1]} & set("0123456789"):
        return ()
    return (
        (_BY_FOLDED_NAME[close[0]],) if close[0] in _BY_FOLDED_NAME else tuple(SYNONYMS[close[0]])
    )


_LONG = [header for header in SYNONYMS if len(header) >= 7]
_GENERIC = re.compile(
    r"(?:unnamed|untitled|column|col|field|campo|columna|coluna|colonne|spalte|feld|value|var|c|f|v|x)?\s*[:_.-]?\s*\d*",
    re.IGNORECASE,
)


def says_nothing(header: str) -> bool:
    """Tell whether a header is none: blank, a sign, a letter, or "Column 3"."""
    folded = fold(header)
    return bool(_GENERIC.fullmatch(header.strip())) or (len(folded) < 2 and folded not in SYNONYMS)


_UNITS = {
    "ft": ("ft", "feet", "pies", "pés", "fuss", "fuß"),
    "m": ("m", "msnm", "metros", "meters"),
}


def unit_in(header: str) -> str:
    """Return the unit of length in a header's brackets or at its end, ft or m; blank for none."""
    words = re.findall(r"[^\W\d_]+", header.lower())
    return next((unit for unit, known in _UNITS.items() if words and words[-1] in known), "")


# Numbers of which only a curator knows what they count.
_UNCLEAR = re.compile(
    r"acc(?:ession)?(?:id|no|number|num)?|numerodeacceso|noacceso|acceso|zugangsnummer|akzessionsnummer"
)


def is_unclear_number(header: str) -> bool:
    """Tell whether a header is an accession number: a barcode, a sheet's number or a lot's."""
    return bool(_UNCLEAR.fullmatch(fold(header)))
