"""The addresses of the terms in extensions, which are kept as they came and leave as they came.

Sources: the extension definitions at rs.gbif.org, Audubon Core, the GGBN vocabulary.
"""

from .terms import (
    AUDUBON_ROW,
    DCTERMS,
    DWC,
    IDENTIFIER_ROW,
    MULTIMEDIA_ROW,
    SYMBIOTA,
    term_named,
)

_AC = "http://rs.tdwg.org/ac/terms/"
_DC = "http://purl.org/dc/elements/1.1/"
_OBIS = "http://rs.iobis.org/obis/terms/"
_GGBN = "http://data.ggbn.org/schemas/ggbn/terms/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_XMP_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
IMAGE_ROW = "http://rs.gbif.org/terms/1.0/Image"
MEASUREMENT_ROW = DWC + "MeasurementOrFact"
EXTENDED_MEASUREMENT_ROW = _OBIS + "ExtendedMeasurementOrFact"
RELATIONSHIP_ROW = DWC + "ResourceRelationship"
MATERIAL_SAMPLE_ROW = _GGBN + "MaterialSample"

_MEASUREMENTS = {
    DWC: "measurementID parentMeasurementID measurementType measurementValue measurementAccuracy"
    " measurementUnit measurementDeterminedBy measurementDeterminedDate measurementMethod"
    " measurementRemarks occurrenceID eventID",
}
_DUBLIN_CORE = (
    "type format identifier references title description source language license rights"
    " rightsHolder creator contributor publisher audience created modified available spatial"
    " isPartOf isReferencedBy subject datasetID"
)
_NAMES = {
    MEASUREMENT_ROW: _MEASUREMENTS,
    EXTENDED_MEASUREMENT_ROW: _MEASUREMENTS
    | {_OBIS: "measurementTypeID measurementValueID measurementUnitID"},
    RELATIONSHIP_ROW: {
        DWC: "resourceRelationshipID resourceID relationshipOfResourceID relatedResourceID"
        " relationshipOfResource relationshipAccordingTo relationshipEstablishedDate"
        " relationshipRemarks",
    },
    MULTIMEDIA_ROW: {DCTERMS: _DUBLIN_CORE},
    IMAGE_ROW: {DCTERMS: _DUBLIN_CORE},
    IDENTIFIER_ROW: {DCTERMS: _DUBLIN_CORE},
    MATERIAL_SAMPLE_ROW: {
        _GGBN: "materialSampleType concentrationUnit concentration methodDeterminationConcentration"
        " ratioOfAbsorbance260_230 ratioOfAbsorbance260_280 volume volumeUnit weight weightUnit"
        " methodDeterminationWeight qualityCheckDate quality qualityRemarks sampleDesignation"
        " preservation DNADNAHybridization purificationMethod",
    },
    AUDUBON_ROW: {
        DCTERMS: "identifier type title description language rights available modified source"
        " bibliographicCitation",
        _DC: "format creator rights source language",
        _AC: "accessURI providerManagedID subtype subtypeLiteral metadataLanguage"
        " metadataLanguageLiteral attributionLinkURL attributionLogoURL hashFunction hashValue"
        " providerLiteral provider providerID metadataCreator metadataCreatorLiteral"
        " metadataProvider metadataProviderLiteral comments reviewer reviewerLiteral"
        " reviewerComments furtherInformationURL serviceExpectation variant variantLiteral"
        " variantDescription licensingException derivedFrom associatedObservationReference"
        " associatedSpecimenReference captureDevice resourceCreationTechnique caption"
        " subjectOrientation subjectOrientationLiteral subjectPart subjectPartLiteral"
        " subjectCategoryVocabulary tag taxonCoverage taxonCount IDofContainingCollection"
        " relatedResourceID timeOfDay hasServiceAccessPoint physicalSetting fundingAttribution"
        " startTime endTime mediaSpeed frameRate",
        _XMP: "CreateDate MetadataDate Rating",
        _XMP_RIGHTS: "Owner UsageTerms WebStatement",
        _PHOTOSHOP: "Credit",
        _IPTC: "WorldRegion CountryName CountryCode ProvinceState City Sublocation CVterm"
        " LocationShown LocationCreated",
        _EXIF: "PixelXDimension PixelYDimension",
    },
}
_IRIS = {
    row_type: {
        name: base + name
        for base, names in reversed(list(spaces.items()))
        for name in names.split()
    }
    for row_type, spaces in _NAMES.items()
}


def extension_iri(row_type: str, name: str) -> str:
    """Return the address of a term as an extension of this type uses it.

    name: a header as the reader gave it, which may be an address already. A name that is known
    nowhere gets an address among Symbiota's, so that it leaves too.
    """
    if "://" in name:
        return name
    if iri := _IRIS.get(row_type, {}).get(name):
        return iri
    term = term_named(name)
    return term.iri if term and term.name == name else SYMBIOTA + name
