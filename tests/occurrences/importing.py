"""Bringing a file in from a test: `bring_in(collection, user, "catalogNumber,country…")`."""

import io
import zipfile
from typing import Any

from django.core.files.base import ContentFile

from biocollections.models import Collection
from darwincore.terms import DWC
from occurrences import imports
from occurrences.models import ImportRun


def received(into: Collection, user: Any, content: str | bytes, name: str = "") -> ImportRun:
    """Upload a file; bytes that start like a zip are an archive."""
    data = content.encode() if isinstance(content, str) else content
    name = name or ("records.zip" if data.startswith(b"PK") else "records.csv")
    return imports.receive(into, user, ContentFile(data), name)


def checked(into: Collection, user: Any, content: str | bytes, **chosen: Any) -> ImportRun:
    """Upload, stage and check a file; chosen: key, mode."""
    run = received(into, user, content)
    imports.stage(run)
    assert run.state == ImportRun.State.STAGED, run.refusal
    for name, value in chosen.items():
        setattr(run, name, value)
    imports.check(run)
    return run


def bring_in(into: Collection, user: Any, content: str | bytes, **chosen: Any) -> ImportRun:
    """Upload, stage, check and apply a file."""
    run = checked(into, user, content, **chosen)
    imports.apply(run)
    return run


def archive(core: str, **extensions: str) -> bytes:
    """Pack a Darwin Core archive of CSV texts whose first column is id or coreid.

    The names of the other headers are Darwin Core terms; an extension's row type is its name.
    """
    tables = {"occurrence": core, **extensions}
    parts = [
        _declared("core" if name == "occurrence" else "extension", name, text)
        for name, text in tables.items()
    ]
    meta = f'<archive xmlns="http://rs.tdwg.org/dwc/text/">{"".join(parts)}</archive>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("meta.xml", meta)
        for name, text in tables.items():
            file.writestr(f"{name}.csv", text)
    return packed.getvalue()


_ROW_TYPES = {
    "multimedia": "http://rs.gbif.org/terms/1.0/Multimedia",
    "identifier": "http://rs.gbif.org/terms/1.0/Identifier",
}


def _declared(element: str, name: str, text: str) -> str:
    headers = text.partition("\n")[0].split(",")[1:]
    row_type = _ROW_TYPES.get(name, DWC + name.capitalize())
    fields = "".join(
        f'<field index="{at}" term="{DWC}{header}"/>' for at, header in enumerate(headers, 1)
    )
    link = "id" if element == "core" else "coreid"
    return (
        f'<{element} encoding="UTF-8" fieldsTerminatedBy="," fieldsEnclosedBy="&quot;" '
        f'ignoreHeaderLines="1" rowType="{row_type}"><files><location>{name}.csv</location>'
        f'</files><{link} index="0"/>{fields}</{element}>'
    )
