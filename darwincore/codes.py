"""Every code of an issue, and how it is told: the wording lives here alone.

A text says what was found, a remedy what to do; `issues.describe` puts the place before them. Codes
are those of GBIF where one exists.
"""

from typing import Literal, NamedTuple

Severity = Literal["blocking", "warning"]


def N_(text: str) -> str:
    """Mark a text as one to translate, unchanged."""
    return text


class Code(NamedTuple):
    """How a code is told. message and remedy may name {term} and {value}."""

    severity: Severity
    message: str
    remedy: str


_DATE_REMEDY = N_("Write it as 1998-02-28, 1998-02 or 1998, or leave it blank.")

_VALUES: dict[str, Code] = {
    "RECORDED_DATE_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a date.'),
        N_("Write 1998-02-28, or leave it blank and keep the text in verbatimEventDate."),
    ),
    "RECORDED_DATE_MISMATCH": Code(
        "warning",
        N_('{term} "{value}" contradicts eventDate.'),
        N_("Correct one of the two; eventDate was used."),
    ),
    "RECORDED_DATE_UNLIKELY": Code(
        "warning",
        N_('{term} "{value}" is in the future or before 1600.'),
        N_("Check the year on the label."),
    ),
    "IDENTIFIED_DATE_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a date.'),
        _DATE_REMEDY,
    ),
    "IDENTIFIED_DATE_UNLIKELY": Code(
        "warning",
        N_('{term} "{value}" is in the future or before 1600.'),
        N_("Check the year on the label."),
    ),
    "DATE_AMBIGUOUS": Code(
        "warning",
        N_('{term} "{value}" can mean two days, so only the part that is certain was read.'),
        N_("Write it as 1998-02-28."),
    ),
    "DATE_TWO_DIGIT_YEAR": Code(
        "warning",
        N_('{term} "{value}" does not say the century.'),
        N_("Write the year with four digits."),
    ),
    "DATE_RANGE_REVERSED": Code(
        "warning",
        N_('{term} "{value}" ends before it starts.'),
        N_("Write the earlier day first: 1998-02-27/1998-03-02."),
    ),
    "COORDINATE_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a coordinate.'),
        N_("Write decimal degrees such as -33.10, or keep the text in verbatimCoordinates."),
    ),
    "COORDINATE_OUT_OF_RANGE": Code(
        "warning",
        N_('{term} "{value}" is no place on Earth.'),
        N_("Latitude runs from -90 to 90, longitude from -180 to 180."),
    ),
    "COORDINATE_INCOMPLETE": Code(
        "warning",
        N_('{term} "{value}" stands without its other half.'),
        N_("Give latitude and longitude, or neither."),
    ),
    "COORDINATE_HEMISPHERE_MISSING": Code(
        "warning",
        N_('{term} "{value}" does not say north or south, east or west.'),
        N_("Add N, S, E or W, or write decimal degrees with their sign."),
    ),
    "COORDINATE_HEMISPHERE_AMBIGUOUS": Code(
        "warning",
        N_('{term} "{value}" has an O, which is West in Spanish or French and East in German.'),
        N_("Write E or W."),
    ),
    "COORDINATE_ZONE_AMBIGUOUS": Code(
        "warning",
        N_('the S in {term} "{value}" may be a latitude band of the north or the south.'),
        N_("Write north or south, or give decimal degrees; no place was kept."),
    ),
    "GEODETIC_DATUM_ASSUMED_WGS84": Code(
        "warning",
        N_('{term} "{value}" names no datum; WGS84 was used, which can be some 200 m off.'),
        N_("Add the datum of the map or the receiver, such as NAD27."),
    ),
    "GEODETIC_DATUM_INVALID": Code(
        "warning",
        N_('the datum in {term} "{value}" is not known here, so no place was kept.'),
        N_("Write WGS84, NAD83, NAD27 or another datum's usual name."),
    ),
    "ZERO_COORDINATE": Code(
        "warning",
        N_('{term} "{value}" is the point 0, 0 in the Gulf of Guinea, so no place was kept.'),
        N_("Give the coordinates, or leave both blank."),
    ),
    "PRESUMED_SWAPPED_COORDINATE": Code(
        "warning",
        N_('{term} "{value}" is possible only with latitude and longitude exchanged.'),
        N_("Exchange the two values if so; nothing was exchanged."),
    ),
    "COORDINATE_UNCERTAINTY_METERS_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a distance.'),
        N_("Write metres as a number above 0, such as 250."),
    ),
    "COUNTRY_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a country that is known here.'),
        N_("Write the country's name or its ISO code."),
    ),
    "COUNTRY_HISTORIC": Code(
        "warning",
        N_('{term} "{value}" is the name of a country of former times.'),
        N_("Leave it, and add the code of the country where the place lies today."),
    ),
    "COUNTRY_MISMATCH": Code(
        "warning",
        N_('{term} "{value}" is another country than the one in countryCode.'),
        N_("Correct one of the two; both were kept."),
    ),
    "BASIS_OF_RECORD_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a basis of record, so that of the collection applies.'),
        N_("Write PreservedSpecimen, FossilSpecimen, LivingSpecimen or HumanObservation."),
    ),
    "TYPE_STATUS_INVALID": Code(
        "warning",
        N_('{term} "{value}" names no kind of type.'),
        N_("Write holotype, isotype, paratype… or leave it blank."),
    ),
    "ELEVATION_NON_NUMERIC": Code(
        "warning",
        N_('{term} "{value}" is not an elevation.'),
        N_("Write metres as a number, or keep the text in verbatimElevation."),
    ),
    "ELEVATION_UNIT_MISSING": Code(
        "warning",
        N_('{term} "{value}" does not say of what unit it is.'),
        N_("Add m or ft."),
    ),
    "ELEVATION_NOT_METRIC": Code(
        "warning",
        N_('{term} "{value}" was turned into metres.'),
        N_("Compare it with verbatimElevation."),
    ),
    "ELEVATION_MIN_MAX_SWAPPED": Code(
        "warning",
        N_('{term} "{value}" is above the maximum, so the two were exchanged.'),
        N_("Check both elevations."),
    ),
    "ELEVATION_UNLIKELY": Code(
        "warning",
        N_('{term} "{value}" is below -500 m or above 9000 m.'),
        N_("Check the number and its unit."),
    ),
    "DEPTH_NON_NUMERIC": Code(
        "warning",
        N_('{term} "{value}" is not a depth.'),
        N_("Write metres as a number, or keep the text in verbatimDepth."),
    ),
    "DEPTH_UNIT_MISSING": Code(
        "warning",
        N_('{term} "{value}" does not say of what unit it is.'),
        N_("Add m or ft."),
    ),
    "DEPTH_NOT_METRIC": Code(
        "warning",
        N_('{term} "{value}" was turned into metres.'),
        N_("Compare it with verbatimDepth."),
    ),
    "DEPTH_MIN_MAX_SWAPPED": Code(
        "warning",
        N_('{term} "{value}" is above the maximum, so the two were exchanged.'),
        N_("Check both depths."),
    ),
    "DEPTH_UNLIKELY": Code(
        "warning",
        N_('{term} "{value}" is below 0 m or above 11000 m.'),
        N_("Check the number and its unit."),
    ),
    "NUMBER_INVALID": Code(
        "warning",
        N_('{term} "{value}" is not a number that fits here.'),
        N_("Write digits alone; the text was kept."),
    ),
    "BOOLEAN_INVALID": Code(
        "warning",
        N_('{term} "{value}" is neither yes nor no.'),
        N_("Write 1 or 0; the text was kept."),
    ),
    "SECURITY_INVALID": Code(
        "warning",
        N_('{term} "{value}" is no level of security, so the place is protected.'),
        N_("Write 0 (open), 1 (place protected) or 5 (record protected)."),
    ),
    "VALUE_TOO_LONG": Code(
        "blocking",
        N_('{term} "{value}" is longer than the field holds.'),
        N_("Shorten it, or import it as a longer field such as occurrenceRemarks."),
    ),
}

_ROWS: dict[str, Code] = {
    "ROW_TOO_LONG": Code(
        "blocking",
        N_('the row has more cells than the header: "{value}" stands outside the table.'),
        N_("Put quotation marks around the cell that holds the separator."),
    ),
    "QUOTE_OPEN": Code(
        "blocking",
        N_('a quotation mark before "{value}" is never closed; the rows below it were read.'),
        N_("Close it behind the cell, or take it out."),
    ),
    "ROW_TOO_SHORT": Code(
        "warning",
        N_("the row has {value}; the missing ones were read as blank."),
        N_("Check that no cell is out of place."),
    ),
    "CONTROL_CHARACTERS": Code(
        "warning",
        N_("the row holds invisible control characters, which were removed."),
        N_("Check its text for gaps."),
    ),
    "DUPLICATE_KEY": Code(
        "blocking",
        N_('{term} "{value}" stands in the file more than once.'),
        N_("Keep one of the rows, or correct the number."),
    ),
    "BLANK_ID": Code(
        "warning",
        N_("{term} is blank, so the row is recognised by its content."),
        N_("Give it an identifier if it has one."),
    ),
    "OCCURRENCE_ID_ELSEWHERE": Code(
        "blocking",
        N_('{term} "{value}" is that of a record in another collection of this portal.'),
        N_("Import the file as copies, or leave the column with the {term} unmapped."),
    ),
    "CATALOG_NUMBER_ALMOST": Code(
        "warning",
        N_("{term} of the row and of a record here differ by zeros or case alone: {value}."),
        N_("If both are the same specimen, write the number as the record has it."),
    ),
    "EVENT_MISSING": Code(
        "warning",
        N_('the event "{value}" of the row is not in the file, so nothing says when and where.'),
        N_("Add the event, or the date and place."),
    ),
    "ORPHAN_EXTENSION_ROW": Code(
        "warning",
        N_('the row belongs to "{value}", which is not in the file.'),
        N_("Add the record it belongs to, or leave the row out."),
    ),
}

_FILES: dict[str, Code] = {
    "ENCODING_REPAIRED": Code(
        "warning",
        N_("not all of the file is UTF-8: {value} read as Windows-1252."),
        N_("Compare some accented names; save the file as UTF-8 if they are wrong."),
    ),
    "CELLS_SAY_NOTHING": Code(
        "warning",
        N_('cells that say "{value}" were read as blank.'),
        N_("If that is a value here, say so where the page tells how the file was read."),
    ),
    "ENCODING_MISDECLARED": Code(
        "warning",
        N_("meta.xml declares another character encoding than the file has; read as {value}."),
        N_("Compare some accented names."),
    ),
    "MISSING_EML": Code(
        "warning",
        N_("the archive has no metadata file."),
        N_("Nothing to do: records do not depend on it."),
    ),
    "METADATA_UNREADABLE": Code(
        "warning",
        N_('the metadata file "{value}" cannot be read and was left out.'),
        N_("Nothing to do: records do not depend on it."),
    ),
    "EXTENSION_FILE_MISSING": Code(
        "warning",
        N_('meta.xml names the file "{value}", which is not in the archive.'),
        N_("Add the file, or import without it."),
    ),
    "EXTENSION_UNLINKED": Code(
        "warning",
        N_('nothing in "{value}" says to which record a row belongs, so it was left out.'),
        N_("Give it a column coreid, or add a meta.xml."),
    ),
    "FILE_IGNORED": Code(
        "warning",
        N_('the file "{value}" is not part of what was read.'),
        N_("Import it on its own if it holds records."),
    ),
    "HEADER_DISAGREES": Code(
        "warning",
        N_("the header row and meta.xml disagree about {value}; meta.xml was followed."),
        N_("Check the mapping of the columns before you go on."),
    ),
    "HEADER_DUPLICATE": Code(
        "warning",
        N_('two columns are called "{value}".'),
        N_("Check which of them is mapped."),
    ),
    "EVENT_CORE": Code(
        "warning",
        N_("the archive lists events; date and place of each were laid under its occurrences."),
        N_("Nothing to do."),
    ),
    "EVENTS_WITHOUT_OCCURRENCES": Code(
        "warning",
        N_("{value} events have no occurrence, so nothing of them is imported."),
        N_("Nothing to do, unless occurrences are missing."),
    ),
    "SHEETS_LEFT_OUT": Code(
        "warning",
        N_("other sheets look like tables of records too and were not read: {value}."),
        N_("Choose the sheet to read, or import the others afterwards."),
    ),
    "CELLS_MERGED": Code(
        "warning",
        N_("cells that are merged over several rows: {value}; only the first row has their value."),
        N_("Split them and fill in each row, or add the value to the others in the review."),
    ),
    "HEADER_MISSING": Code(
        "warning",
        N_("the first row looks like data, so the columns are numbered."),
        N_("Say what they hold, or that the first row names them."),
    ),
    "ROWS_ABOVE_HEADER": Code(
        "warning",
        N_("rows above the row that names the columns were passed over: {value}."),
        N_("Check that none of them is a record."),
    ),
    "LETTERS_SPOILT": Code(
        "warning",
        N_("some letters look spoilt on their way: {value}."),
        N_("Look at the samples and let them be mended if that is right."),
    ),
    "LETTERS_LOST": Code(
        "warning",
        N_("letters are lost and stand as \ufffd; cells: {value}."),
        N_("Export the file again as UTF-8 if you can."),
    ),
    "HEADER_AS_DATA": Code(
        "warning",
        N_("meta.xml declares no header row, but the first row is one; it was left out."),
        N_("Nothing to do."),
    ),
}

_REFUSALS: dict[str, Code] = {
    "FILE_MISSING": Code(
        "blocking", N_("the file can't be opened: {value}."), N_("Upload it again.")
    ),
    "FILE_EMPTY": Code(
        "blocking",
        N_("the file is empty."),
        N_("Export it again and check that it has rows."),
    ),
    "NO_ROWS": Code(
        "blocking",
        N_("the file has no rows below its header."),
        N_("Export it again and check that it has rows."),
    ),
    "FILE_NOT_TEXT": Code(
        "blocking",
        N_("the file is {value}, not a table."),
        N_("Upload a CSV or tab-separated text file, or a Darwin Core archive."),
    ),
    "SPREADSHEET": Code(
        "blocking",
        N_("the file is a spreadsheet ({value})."),
        N_("Save it as .xlsx without a password, or its sheet as CSV (UTF-8), and upload that."),
    ),
    "SPREADSHEET_BROKEN": Code(
        "blocking",
        N_("the spreadsheet is damaged: {value}."),
        N_("Open it, save it again and upload that, or save its sheet as CSV (UTF-8)."),
    ),
    "SPREADSHEET_UNSAFE": Code(
        "blocking",
        N_("the spreadsheet holds entities, a document type or endless text, as none does."),
        N_("Save its sheet as CSV (UTF-8) and upload that."),
    ),
    "SHEET_MISSING": Code(
        "blocking",
        N_('the spreadsheet has no sheet "{value}".'),
        N_("Choose another one."),
    ),
    "ENCODING_UNKNOWN": Code(
        "blocking",
        N_('the character encoding "{value}" is not known here.'),
        N_("Choose another one, such as utf-8 or windows-1252."),
    ),
    "LINE_TOO_LONG": Code(
        "blocking",
        N_("the line is longer than {value} characters."),
        N_("Check that the file is a table with one record a line."),
    ),
    "CELL_TOO_LONG": Code(
        "blocking",
        N_("a cell that starts here is longer than {value} characters."),
        N_("Look for a quotation mark that is never closed."),
    ),
    "ROW_UNREADABLE": Code(
        "blocking",
        N_("the row can't be read: {value}."),
        N_("Look for a quotation mark that is never closed."),
    ),
    "TOO_MANY_COLUMNS": Code(
        "blocking",
        N_("the header has more than {value} columns."),
        N_("Check the separator; a table of records has at most a few hundred."),
    ),
    "SEPARATOR_UNUSABLE": Code(
        "blocking",
        N_('"{value}" can\'t part the cells of a table.'),
        N_("Name one character, such as ; or | or tab."),
    ),
    "DELIMITER_UNSUPPORTED": Code(
        "blocking",
        N_('meta.xml declares "{value}" as a separator, which cannot be read.'),
        N_("Pack the archive with commas or tabs between cells and one record a line."),
    ),
    "ARCHIVE_BROKEN": Code(
        "blocking",
        N_("the archive is damaged: {value}."),
        N_("Download or pack it again."),
    ),
    "ARCHIVE_ENCRYPTED": Code(
        "blocking",
        N_("the archive is protected by a password."),
        N_("Pack it again without one."),
    ),
    "ARCHIVE_TOO_LARGE": Code(
        "blocking",
        N_("the file unpacks to more than {value}."),
        N_("Split it, or ask the portal's operator to raise the limit."),
    ),
    "ARCHIVE_RATIO": Code(
        "blocking",
        N_("the archive unpacks to more than {value} times its size, as no table does."),
        N_("Pack the files again with ordinary settings."),
    ),
    "ARCHIVE_MEMBERS": Code(
        "blocking",
        N_("the archive holds more than {value} files."),
        N_("Pack only the tables, meta.xml and eml.xml."),
    ),
    "ARCHIVE_PATH": Code(
        "blocking",
        N_('the archive holds a file with an unsafe name: "{value}".'),
        N_("Pack the files again without folders."),
    ),
    "ARCHIVE_LINK": Code(
        "blocking",
        N_('the archive holds "{value}", which is a link or a device, not a file.'),
        N_("Pack the files themselves."),
    ),
    "ARCHIVE_NAME_TWICE": Code(
        "blocking",
        N_('the archive holds two files named "{value}".'),
        N_("Remove one of them."),
    ),
    "ARCHIVE_NO_DATA": Code(
        "blocking",
        N_("the archive holds no table."),
        N_("Pack a CSV or tab-separated file, or a Darwin Core archive with meta.xml."),
    ),
    "ARCHIVE_AMBIGUOUS": Code(
        "blocking",
        N_("the archive has no meta.xml and several tables: {value}."),
        N_("Add a meta.xml, name the table of records occurrences.csv, or upload it alone."),
    ),
    "META_INVALID": Code(
        "blocking",
        N_("meta.xml can't be read: {value}."),
        N_("Correct it, or upload the table of records alone."),
    ),
    "META_UNSAFE": Code(
        "blocking",
        N_("meta.xml holds entities or a document type, which are not allowed."),
        N_("Remove them, or upload the table of records alone."),
    ),
    "META_NO_CORE": Code(
        "blocking",
        N_("meta.xml names no core table."),
        N_("Correct it, or upload the table of records alone."),
    ),
    "CORE_FILE_MISSING": Code(
        "blocking",
        N_('meta.xml names the core table "{value}", which is not in the archive.'),
        N_("Pack the archive again with the file."),
    ),
    "CORE_IS_TAXON": Code(
        "blocking",
        N_("the archive lists names, not records: its core is Taxon."),
        N_("Load it as a checklist."),
    ),
    "CORE_IS_EVENT": Code(
        "blocking",
        N_("the archive lists events, and no occurrences that were recorded in them."),
        N_("Export it with its occurrences, as an extension or as the core."),
    ),
    "EVENT_FACTS": Code(
        "blocking",
        N_("the facts about events come to more than {value} for their occurrences."),
        N_("Leave this table out, or split the archive."),
    ),
    "NO_OCCURRENCE_TABLE": Code(
        "blocking",
        N_('this is no table of occurrences: its columns are "{value}".'),
        N_(
            "Name the columns after what they hold, such as catalogNumber, scientificName, "
            "recordedBy, eventDate or locality, and import it again."
        ),
    ),
    "TABLE_OF_NAMES": Code(
        "blocking",
        N_('this is a table of names, not of records: its columns are "{value}".'),
        N_("Load it as a checklist."),
    ),
    "CORE_NOT_OCCURRENCE": Code(
        "blocking",
        N_("the core of the archive is {value}, not Occurrence."),
        N_("Upload an archive of occurrences."),
    ),
    "CORE_NOT_TAXON": Code(
        "blocking",
        N_("the core of the archive is {value}, not Taxon."),
        N_("Upload an archive of names."),
    ),
    "TABLE_OF_RECORDS": Code(
        "blocking",
        N_("this is a table of records, with catalog numbers and collectors, not of names."),
        N_("Import it into a collection, or load a list of names here."),
    ),
}

CODES: dict[str, Code] = _VALUES | _ROWS | _FILES | _REFUSALS
