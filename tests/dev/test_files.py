"""What the files that start the portal promise before anything runs."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("path", ["dev.py", "portal/embedded.py"])
def test_start_needs_the_standard_library_alone(path: str) -> None:
    imported = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_names_no_host_and_hashes_every_package(lock: Path) -> None:
    text = lock.read_text()
    assert re.findall(r"https?:|index-url|find-links|trusted-host", text) == []
    for entry in re.split(r"\n(?=[a-z])", text.strip()):
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_development_has_the_versions_that_the_portal_runs_with() -> None:
    assert pinned("runtime.lock").items() <= pinned("dev.lock").items()


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text().lower()
    for source in (ROOT / "requirements").glob("*.in"):
        for name in re.findall(r"^[A-Za-z][A-Za-z0-9-]+", source.read_text(), re.MULTILINE):
            assert f"**{name.lower()}**" in reasons, name


def test_compose_sets_nothing_that_the_settings_do_not_read() -> None:
    source = (ROOT / "portal" / "settings.py").read_text()
    read = set(re.findall(r'"((?:PORTAL|DATABASE|REDIS|EMAIL)_[A-Z_]+)"', source))
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("web", "worker", "beat"):
        given = set(services[name]["environment"])
        assert given <= read, f"{name}: {given - read}"
        assert {"PORTAL_SECRET_KEY", "PORTAL_HOSTS", "DATABASE_URL", "REDIS_URL"} <= given


def test_compose_makes_the_database_sort_as_the_embedded_one_does() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    arguments = services["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    embedded = (ROOT / "portal" / "embedded.py").read_text()
    assert arguments == ["--locale-provider=builtin", "--locale=C.UTF-8"]
    assert all(f'"{argument}"' in embedded for argument in arguments)
