"""Write a Darwin Core archive as a stream: tables, meta.xml and eml.xml in one zip.

Source: Darwin Core Text Guide, https://dwc.tdwg.org/text/; Ecological Metadata Language 2.2.0.
"""

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, NamedTuple, Protocol
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

_TEXT = "http://rs.tdwg.org/dwc/text/"
_EML = "https://eml.ecoinformatics.org/eml-2.2.0"
register_namespace("eml", _EML)


class TermLike(Protocol):
    """What the writer needs of a term."""

    @property
    def name(self) -> str: ...

    @property
    def iri(self) -> str: ...


@dataclass(frozen=True)
class OutTable:
    """One table to write.

    terms: of the second column and on; the first is the id of a core, or the coreid of an
    extension. chunks: the file as bytes of UTF-8, with its header line, commas between cells and
    quotation marks where needed; pulled one by one.
    """

    file_name: str
    row_type: str
    terms: Sequence[TermLike]
    chunks: Iterable[bytes]


class Contact(NamedTuple):
    """A person or an organization to turn to."""

    name: str
    email: str = ""
    organization: str = ""


@dataclass(frozen=True)
class Metadata:
    """What eml.xml says of the data set. licence: its name or address. language: ISO 639-1."""

    title: str
    abstract: str = ""
    licence: str = ""
    rights_holder: str = ""
    contacts: Sequence[Contact] = ()
    language: str = "en"
    published: date | None = None
    package_id: str = ""


def write_archive(
    stream: IO[bytes], core: OutTable, extensions: Sequence[OutTable], metadata: Metadata
) -> None:
    """Write the archive to a binary stream, which need not be seekable; memory stays constant."""
    day = metadata.published or date.today()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "meta.xml", [_meta(core, extensions)], day)
        _put(archive, "eml.xml", [_eml(metadata, day)], day)
        for table in (core, *extensions):
            _put(archive, table.file_name, table.chunks, day)


def _put(archive: zipfile.ZipFile, name: str, chunks: Iterable[bytes], day: date) -> None:
    info = zipfile.ZipInfo(name, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as member:
        for chunk in chunks:
            member.write(chunk)


def _meta(core: OutTable, extensions: Sequence[OutTable]) -> bytes:
    root = Element("archive", {"xmlns": _TEXT, "metadata": "eml.xml"})
    _describe(root, "core", "id", core)
    for table in extensions:
        _describe(root, "extension", "coreid", table)
    return _document(root)


def _describe(root: Element, tag: str, key: str, table: OutTable) -> None:
    node = SubElement(
        root,
        tag,
        {
            "encoding": "UTF-8",
            "fieldsTerminatedBy": ",",
            "linesTerminatedBy": "\\n",
            "fieldsEnclosedBy": '"',
            "ignoreHeaderLines": "1",
            "rowType": table.row_type,
        },
    )
    SubElement(SubElement(node, "files"), "location").text = table.file_name
    SubElement(node, key, {"index": "0"})
    for index, term in enumerate(table.terms, start=1):
        SubElement(node, "field", {"index": str(index), "term": term.iri})


def _eml(metadata: Metadata, day: date) -> bytes:
    root = Element(
        f"{{{_EML}}}eml",
        {
            "packageId": metadata.package_id or "unpublished",
            "system": "holotype",
            "scope": "system",
        },
    )
    dataset = SubElement(root, "dataset")
    _add(dataset, "title", metadata.title or "Untitled")
    contacts = list(metadata.contacts) or [Contact("", organization=metadata.rights_holder)]
    for contact in contacts:
        _party(dataset, "creator", contact)
    _add(dataset, "pubDate", day.isoformat())
    _add(dataset, "language", metadata.language)
    if metadata.abstract:
        _paragraphs(SubElement(dataset, "abstract"), metadata.abstract)
    rights = "\n".join(filter(None, (metadata.licence, _holder(metadata.rights_holder))))
    if rights:
        _paragraphs(SubElement(dataset, "intellectualRights"), rights)
    for contact in contacts:
        _party(dataset, "contact", contact)
    return _document(root)


def _holder(name: str) -> str:
    return f"Rights holder: {name}" if name else ""


def _party(dataset: Element, tag: str, contact: Contact) -> None:
    node = SubElement(dataset, tag)
    if contact.name:
        _add(SubElement(node, "individualName"), "surName", contact.name)
    if contact.organization or not contact.name:
        _add(node, "organizationName", contact.organization or "Unknown")
    if contact.email:
        _add(node, "electronicMailAddress", contact.email)


def _paragraphs(node: Element, text: str) -> None:
    for paragraph in filter(None, map(str.strip, text.splitlines())):
        _add(node, "para", paragraph)


_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _add(node: Element, tag: str, text: str) -> None:
    SubElement(node, tag).text = _NOT_XML.sub("", text)


def _document(root: Element) -> bytes:
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))
