"""A compiled translation that is older than its source does not pass."""

import struct
from pathlib import Path

from tests.catalogues import source_messages, stale

SOURCE = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Collector"
msgstr "Colector"

msgctxt "verb"
msgid "record"
msgstr ""
"registrar"

#, fuzzy
msgid "Place"
msgstr "Sitio"

msgid "Untranslated"
msgstr ""
"""
HEADER = "Content-Type: text/plain; charset=UTF-8\n"


def compiled(texts: dict[str, str]) -> bytes:
    """A .mo file, as the GNU gettext manual describes it."""
    pairs = [(key.encode(), text.encode()) for key, text in sorted(texts.items())]
    start = 28 + 16 * len(pairs)
    tables, strings = [b"", b""], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), start + len(strings))
            strings += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables[0] + tables[1] + strings


def test_source_is_read_without_fuzzy_and_empty_texts(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text(SOURCE)
    assert source_messages(path) == {"Collector": "Colector", "verb\x04record": "registrar"}


def test_catalogue_must_be_compiled_from_these_texts(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text(SOURCE)
    assert stale(path)
    texts = {"": HEADER, "Collector": "Colector", "verb\x04record": "registrar"}
    path.with_suffix(".mo").write_bytes(compiled(texts))
    assert not stale(path)
    path.with_suffix(".mo").write_bytes(compiled(texts | {"Collector": "Coleccionista"}))
    assert stale(path)
