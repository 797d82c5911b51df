"""Read the XML of a spreadsheet as it streams by: no document type, no entities, no long tokens.

The parser is expat itself, since a sheet has millions of elements; what `defusedxml` forbids is
forbidden here in the same way, and nothing is ever fetched.
"""

from collections.abc import Iterator
from typing import IO, Protocol
from xml.parsers import expat

from .issues import Refused

_CHUNK = 1 << 16
_LONGEST_TOKEN = 8 << 20
_DEEPEST = 200
LAST_ROW = 1 << 20  # of a sheet of any program


class Handler(Protocol):
    """What is called back; names come without the prefix of their namespace."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


class _Unsafe(Exception):
    pass


def stream(source: IO[bytes], file: str, handler: Handler) -> Iterator[None]:
    """Parse a document a piece at a time, yielding after each so that results can be taken.

    Raises Refused where it is not well-formed or not safe.
    """
    parser = _parser(handler)
    fed = 0
    with source:
        try:
            while chunk := source.read(_CHUNK):
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
                    raise _Unsafe
                yield
            parser.Parse(b"", True)
            yield
        except _Unsafe as error:
            raise Refused("SPREADSHEET_UNSAFE", file=file) from error
        except expat.ExpatError as error:
            what = str(error).partition(":")[0]
            raise Refused("SPREADSHEET_BROKEN", what, file=file) from error


def _parser(handler: Handler) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _CHUNK
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _Unsafe
        handler.start(name[name.find(":") + 1 :], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(name[name.find(":") + 1 :])

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _forbid
    parser.EntityDeclHandler = _forbid
    parser.ExternalEntityRefHandler = _forbid
    return parser


def _forbid(*_arguments: object) -> int:
    raise _Unsafe


def attribute(attributes: dict[str, str], name: str) -> str:
    """Return an attribute by its name without prefix, or blank."""
    for key, value in attributes.items():
        if key[key.find(":") + 1 :] == name:
            return value
    return ""
