"""Whether the compiled translations are those of their sources, for `dev.py lint`.

A catalogue is compiled with `python3 dev.py manage compilemessages`, which needs msgfmt; this check
needs nothing: it compares the texts themselves.
"""

import ast
import gettext
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def source_messages(path: Path) -> dict[str, str]:
    """The translated texts of a .po file by msgid; fuzzy and empty ones are left out."""
    messages: dict[str, str] = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        if "#, fuzzy" in block or "#~" in block:
            continue
        parts = {"msgctxt": "", "msgid": "", "msgstr": ""}
        current = ""
        for line in block.splitlines():
            word, _space, text = line.partition(" ")
            if word.startswith("msg"):
                current, line = word.replace("msgstr[0]", "msgstr"), text
            if current in parts and line.startswith('"'):
                parts[current] += ast.literal_eval(line)
        key = "\x04".join(filter(None, (parts["msgctxt"], parts["msgid"])))
        if key and parts["msgstr"]:
            messages[key] = parts["msgstr"]
    return messages


def stale(path: Path) -> bool:
    """Whether the compiled catalogue beside this source lacks a text, or has another."""
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        return True
    with compiled.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return any(
        (catalogue.get(key) or catalogue.get((key, 0))) != text
        for key, text in source_messages(path).items()
    )


if __name__ == "__main__":
    old = [p for p in sorted(ROOT.glob("**/locale/*/LC_MESSAGES/*.po")) if stale(p)]
    for each in old:
        print(f"{each.relative_to(ROOT)} has changed. Type python3 dev.py manage compilemessages.")
    sys.exit(bool(old))
