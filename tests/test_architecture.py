"""The rules of the house that a machine can check. Layers between apps are import-linter's."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("accounts", "biocollections", "darwincore", "journal", "occurrences", "portal", "taxonomy")
# What may follow `.objects` where pages and files are made: the methods that ask who is asking.
ASKING = {
    "Occurrence": {"visible_to", "editable_by", "deletable_by"},
    "Withheld": {"readable_by"},
    "ExtensionRow": {"visible_to"},
    "Media": {"visible_to", "editable_by"},
    "ImportRun": {"visible_to", "managed_by"},
    "Collection": {"visible_to", "editable_by", "managed_by", "staffed_by"},
    "Identification": set(),
    "Identifier": set(),
}
# Each with the reason why nobody needs to be asked there.
EXCEPTIONS = {
    ("downloads.py", "Withheld.all"): "the operator's own backup on the command line",
    ("history.py", "Collection.filter"): "the collection of a change set that was fetched by right",
}
WRITING = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update"}
WRITERS = {"records.py", "restoring.py"}


def modules(*folders: str) -> Iterator[Path]:
    """Yield our Python files, without migrations."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def showing() -> list[Path]:
    """Return the modules that make pages and files for somebody."""
    named = [path for path in modules(*APPS) if path.name in ("views.py", "downloads.py")]
    return [*named, *modules("biocollections/views", "occurrences/views")]


def uses_of_objects(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (line, model, method) for each `Model.objects.method`; the method blank for none."""
    tree = ast.parse(path.read_text())
    followed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (model := manager_of(node.value)):
            followed.add(id(node.value))
            yield node.lineno, model, node.attr
    for node in ast.walk(tree):
        if (model := manager_of(node)) and id(node) not in followed:
            yield node.lineno, model, ""  # type: ignore[attr-defined]


def manager_of(node: ast.AST) -> str:
    """Return "Model" for the expression `Model.objects`, else blank."""
    named = isinstance(node, ast.Attribute) and node.attr == "objects"
    return node.value.id if named and isinstance(node.value, ast.Name) else ""  # type: ignore[attr-defined]


def test_there_are_pages_to_look_at() -> None:
    assert len(showing()) > 3


def test_pages_and_files_ask_who_is_asking() -> None:
    faults = [
        f"{path.relative_to(ROOT)}:{line} {model}.objects.{method}"
        for path in showing()
        for line, model, method in uses_of_objects(path)
        if model in ASKING
        and method not in ASKING[model]
        and (path.name, f"{model}.{method}") not in EXCEPTIONS
    ]
    assert faults == []


def test_only_the_writer_writes_records() -> None:
    children = {"Occurrence", "Withheld", "Identification", "Identifier", "ExtensionRow"}
    faults = [
        f"{path.relative_to(ROOT)}:{line} {model}.objects.{method}"
        for path in modules(*APPS)
        if path.name not in WRITERS
        for line, model, method in uses_of_objects(path)
        if model in children and method in WRITING
    ]
    assert faults == []


def test_darwincore_is_pure_python() -> None:
    allowed = {"darwincore", "defusedxml", "pycountry"} | sys.stdlib_module_names
    faults = []
    for path in modules("darwincore"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            faults += [(path.name, n) for n in names if n.partition(".")[0] not in allowed]
    assert faults == []


def test_no_package_hides_pythons_own_collections() -> None:
    assert not (ROOT / "collections").exists() and not (ROOT / "collections.py").exists()


def test_modules_are_named_after_what_they_know() -> None:
    vague = {"services.py", "utils.py", "helpers.py", "managers.py", "constants.py"}
    assert [path for path in modules(*APPS, "tests", "bench") if path.name in vague] == []


def test_no_file_is_longer_than_anybody_reads() -> None:
    """The aim is 600 lines; this is where it stops being a matter of taste."""
    paths = [*modules(*APPS), *(ROOT / "static").rglob("*.css"), *(ROOT / "templates").rglob("*")]
    files = [path for path in paths if path.is_file()]
    assert [path for path in files if len(path.read_text().splitlines()) > 700] == []


# --- colours, and what a Content-Security-Policy forbids ------------------------------------------

NAMED = "black|white|red|green|blue|gr[ae]y|yellow|orange|purple|pink|brown|silver|navy|teal|gold"
COLOUR = re.compile(
    rf"#[0-9a-f]{{3,8}}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(|:\s*(?:{NAMED})\s*[;}}!]",
    re.IGNORECASE,
)
INLINE = re.compile(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]*\ssrc=)", re.I)


@pytest.mark.parametrize("text", ["color: #fff;", "a{color:red}", "fill: rgb(1 2 3)"])
def test_a_colour_is_recognised(text: str) -> None:
    assert COLOUR.search(text)


def test_colours_stand_in_tokens_alone() -> None:
    sheets = [path for path in (ROOT / "static/css").glob("*.css") if path.name != "tokens.css"]
    scripts = list((ROOT / "static/js").glob("*.js"))
    assert sheets
    faults = [
        f"{path.name}:{number} {line.strip()}"
        for path in [*sheets, *scripts]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if COLOUR.search(line) and "querySelector" not in line
    ]
    assert faults == []


def test_templates_carry_no_script_or_style() -> None:
    templates = list((ROOT / "templates").rglob("*.html"))
    assert templates
    faults = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in templates
        if (found := INLINE.search(path.read_text()))
    ]
    assert faults == []


def test_every_template_says_what_it_is_given() -> None:
    faults = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if not re.search(r"{%\s*comment|{#", path.read_text()[:400])
    ]
    assert faults == []
