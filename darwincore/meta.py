"""What a Darwin Core archive says about its tables in meta.xml.

Source: Darwin Core Text Guide, https://dwc.tdwg.org/text/. Tags are told by their local names, so
that the older namespaces are read as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .issues import Refused
from .terms import OCCURRENCE_ROW


@dataclass(frozen=True)
class Declaration:
    """One table as meta.xml declares it.

    locations: files, relative to meta.xml. quote: the enclosing character or blank for none.
    id_index: the column of id or coreid. columns: column → term IRI, with the further terms of a
    column that is declared twice in `copies`. fills: column → value where blank; constants: term
    IRI → value of a term without a column.
    """

    row_type: str
    locations: tuple[str, ...]
    encoding: str
    delimiter: str
    newline: str
    quote: str
    header_lines: int
    id_index: int | None
    columns: dict[int, str]
    copies: tuple[tuple[int, str], ...] = ()
    fills: dict[int, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Meta:
    """A whole meta.xml. metadata: the name of the metadata file, or blank."""

    core: Declaration
    extensions: tuple[Declaration, ...]
    metadata: str


def read_meta(document: bytes, file: str) -> Meta:
    """Read meta.xml; raise Refused where it is not well-formed, unsafe or names no core."""
    try:
        root: Element = fromstring(document, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Refused("META_UNSAFE", file=file) from error
    except ParseError as error:
        what = str(error).partition(":")[0]
        raise Refused("META_INVALID", what, file=file, line=error.position[0]) from error
    except (ValueError, LookupError) as error:
        raise Refused("META_INVALID", str(error), file=file) from error
    cores = list(_children(root, "core"))
    if len(cores) != 1:
        raise Refused("META_NO_CORE", file=file)
    return Meta(
        core=_declaration(cores[0], file),
        extensions=tuple(_declaration(node, file) for node in _children(root, "extension")),
        metadata=root.get("metadata", "").strip(),
    )


def _children(node: Element, name: str) -> Iterator[Element]:
    return (child for child in node if _local(child) == name)


def _local(node: Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _declaration(node: Element, file: str) -> Declaration:
    columns: dict[int, str] = {}
    copies: list[tuple[int, str]] = []
    fills: dict[int, str] = {}
    constants: dict[str, str] = {}
    for child in _children(node, "field"):
        term = child.get("term", "").strip()
        default = child.get("default", "").strip()
        index = _number(child, "index", file)
        if index is None:
            if default:
                constants[term] = default
            continue
        if index in columns:
            copies.append((index, term))
        else:
            columns[index] = term
        if default:
            fills[index] = default
    ids = [child for child in node if _local(child) in ("id", "coreid")]
    return Declaration(
        row_type=node.get("rowType", "").strip() or OCCURRENCE_ROW,
        locations=_locations(node),
        encoding=node.get("encoding", "").strip(),
        delimiter=_unescaped(node.get("fieldsTerminatedBy", ",")),
        newline=_unescaped(node.get("linesTerminatedBy", "\n")),
        quote=_unescaped(node.get("fieldsEnclosedBy", '"')),
        header_lines=_number(node, "ignoreHeaderLines", file) or 0,
        id_index=_number(ids[0], "index", file) if ids else None,
        columns=columns,
        copies=tuple(copies),
        fills=fills,
        constants=constants,
    )


def _locations(node: Element) -> tuple[str, ...]:
    found = [
        (location.text or "").strip()
        for files in _children(node, "files")
        for location in _children(files, "location")
    ]
    found.append(node.get("location", "").strip())  # as archives before 2009 say it
    return tuple(filter(None, found))


def _number(node: Element, name: str, file: str) -> int | None:
    text = node.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise Refused("META_INVALID", f'{name}="{text}"', file=file)
    return int(text)


_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "f": "\f", "\\": "\\"}


def _unescaped(text: str) -> str:
    r"""Read \t, \n, \\, \u0001 and the like as the characters that they stand for."""
    return re.sub(
        r"\\(?:u([0-9A-Fa-f]{4})|(.))",
        lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES.get(found[2], found[2]),
        text,
    )
