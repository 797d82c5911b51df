"""Make files for the reader: tables, archives, and archives that mean harm."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

from darwincore.terms import DWC, OCCURRENCE_ROW

CORE = "id,catalogNumber,country\n1,A-1,Peru\n2,A-2,Chile\n"


def field(index, name, default=None):
    """Return a <field> of meta.xml."""
    place = "" if index is None else f' index="{index}"'
    value = "" if default is None else f" default={quoteattr(default)}"
    return f'<field{place} term="{DWC}{name}"{value}/>'


def table(
    fields=(),
    *,
    tag="core",
    key="id",
    row_type=OCCURRENCE_ROW,
    location="occurrences.csv",
    id_index=0,
    **attributes,
):
    """Return a <core> or <extension> of meta.xml."""
    fields = fields or (field(1, "catalogNumber"), field(2, "country"))
    shown = {
        "encoding": "UTF-8",
        "fieldsTerminatedBy": ",",
        "linesTerminatedBy": "\\n",
        "fieldsEnclosedBy": '"',
        "ignoreHeaderLines": "1",
        "rowType": row_type,
    } | attributes
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in shown.items())
    locations = location if isinstance(location, tuple) else (location,)
    files = "".join(f"<location>{name}</location>" for name in locations)
    own = "" if id_index is None else f'<{key} index="{id_index}"/>'
    return f"<{tag} {written}><files>{files}</files>{own}{''.join(fields)}</{tag}>"


def extension(fields, row_type, location, **attributes):
    """Return an <extension> of meta.xml."""
    return table(
        fields, tag="extension", key="coreid", row_type=row_type, location=location, **attributes
    )


def meta(*tables, metadata=' metadata="eml.xml"'):
    """Return a meta.xml."""
    inside = "".join(tables) or table()
    return f'<archive xmlns="http://rs.tdwg.org/dwc/text/"{metadata}>{inside}</archive>'


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    """Write a zip of name → text or bytes."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return Path(path)


def tarred(path, members, mode="w:gz"):
    """Write a tar of name → text, bytes, or a TarInfo that is no file."""
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return Path(path)


def archive(path, **changes):
    """Write a good archive; name → content changes or, with None, removes a member."""
    members = {"meta.xml": meta(), "eml.xml": "<eml/>", "occurrences.csv": CORE}
    names = {name.replace("__", "."): content for name, content in changes.items()}
    members |= names
    return zipped(path, {name: text for name, text in members.items() if text is not None})


def gzipped(path, content):
    """Write a gzip."""
    Path(path).write_bytes(gzip.compress(content))
    return Path(path)
