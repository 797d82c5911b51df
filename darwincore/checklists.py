"""Open a list of names: a Darwin Core archive of taxa, a Catalogue of Life Data Package, a table.

The steps are those of `reader`; only what counts as the core and as an extension differs.
"""

import re
from os import PathLike
from typing import Literal

from . import file_names
from .containers import Limits
from .issues import Issue, Refused
from .meta import Declaration
from .reader import Opening, Source, Table, opened
from .terms import TAXON_ROW, VERNACULAR_ROW, simple_name

__all__ = ["open_checklist"]


def open_checklist(
    path: str | PathLike[str], *, filename: str | None = None, limits: Limits | None = None
) -> Source:
    """Open a list of names as `open_source` opens records.

    A Darwin Core archive whose core is taxa, a Catalogue of Life Data Package (its core is
    NameUsage, or Name beside Taxon and Synonym), or a table. Only tables of names and of common
    names are looked at.
    """
    return opened(_ChecklistOpening, path, filename, limits)


_COLDP_NAMES = {
    "nameusage": "NameUsage",
    "nameusages": "NameUsage",
    "name": "Name",
    "names": "Name",
    "taxon": "Taxon",
    "taxa": "Taxon",
    "synonym": "Synonym",
    "synonyms": "Synonym",
    "vernacularname": "VernacularName",
    "vernacularnames": "VernacularName",
    "vernaculars": "VernacularName",
}


class _ChecklistOpening(Opening):
    """The same steps to a list of names."""

    core_row_type = TAXON_ROW
    guesses_header = False
    lays_events_under = False

    def _check_core(self, row_type: str) -> None:
        kind = simple_name(row_type)
        if kind.lower() in ("taxon", "darwincore", "simpledarwincore"):
            return
        raise Refused("CORE_NOT_TAXON", kind, file=self.filename)

    def _extension(self, declaration: Declaration, folder: str) -> Table | None:
        if simple_name(declaration.row_type).lower() == "vernacularname":
            return super()._extension(declaration, folder)
        missing = [each for each in declaration.locations if self._located(each, folder) is None]
        self.issues += [Issue("EXTENSION_FILE_MISSING", "", location) for location in missing]
        return None

    def _report_ignored(self, read: set[str]) -> None:
        """Say nothing of the other files: a checklist's archive has many that aren't for us."""

    def _loose_table(self, name: str, row_type: str = TAXON_ROW) -> Table:
        return super()._loose_table(name, row_type)

    def _undeclared_archive(self) -> Source:
        names = [name for name in self.container.names if file_names.has_rows(name)]
        found: dict[str, str] = {}
        for name in names:
            entity = _COLDP_NAMES.get(re.sub(r"\.\w+$|[^a-z]", "", name.rpartition("/")[2].lower()))
            if entity and self._has_text(name):
                found.setdefault(entity, name)
        core = next((entity for entity in ("NameUsage", "Name") if entity in found), None)
        if core:
            return self._data_package(core, found)
        return self._loose_taxa(found)

    def _has_text(self, name: str) -> bool:
        with self.container.open(name) as stream:
            return bool(stream.read(256).strip())

    def _data_package(self, core: str, found: dict[str, str]) -> Source:
        used = [core, "VernacularName"] + ["Taxon", "Synonym"] * (core == "Name")
        tables = {each: self._loose_table(found[each], each) for each in used if each in found}
        return self._made("coldp", tables.pop(core), list(tables.values()), None)

    def _loose_taxa(self, found: dict[str, str]) -> Source:
        """Read the table of names in an archive that doesn't say which it is."""
        vernaculars = found.get("VernacularName")
        tables = [
            name
            for name in self.container.names
            if file_names.is_table(name) and name != vernaculars and self._has_text(name)
        ]
        listing = [name for name in tables if self._lists_names(name)]
        core = self._loose_table(self._core_among(listing or tables))
        extensions = [self._loose_table(vernaculars, VERNACULAR_ROW)] if vernaculars else []
        return self._made("archive" if extensions else "table", core, extensions, None)

    def _made(
        self,
        kind: Literal["table", "archive", "coldp"],
        core: Table,
        extensions: list[Table],
        metadata: str | None,
    ) -> Source:
        headers = {simple_name(header).lower() for header in core.headers}
        if kind == "table" and "catalognumber" in headers and headers & {"recordedby", "eventdate"}:
            raise Refused("TABLE_OF_RECORDS", file=self.filename)
        return super()._made(kind, core, extensions, metadata)

    def _lists_names(self, name: str) -> bool:
        with self.container.open(name) as stream:
            head = stream.read(4096).decode("utf-8", "replace").lower()
        return "scientificname" in head.replace("_", "") or "sciname" in head
