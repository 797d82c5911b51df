"""Reading rows in a process of its own: the same records, whatever becomes of that process."""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from journal.jobs import Cancelled
from occurrences import beside, bulk, generator, imports, staging
from occurrences.drafting import Drafter
from occurrences.models import ImportRun, Occurrence
from occurrences.readers import hash_collection
from tests.occurrences.importing import archive, bring_in
from tests.worker import ROOT, eventually

ROWS = 3000
ENOUGH = beside.FEWEST


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str], Any]]:
    """What another process says to a Python expression."""
    with beside.beside(eval, ENOUGH) as ask:
        eventually(lambda: ask(PID) != os.getpid())
        yield ask


PID = "__import__('os').getpid()"


def test_few_rows_start_no_process():
    with beside.beside(eval, ENOUGH - 1) as ask:
        assert ask is eval


def test_work_is_done_here_until_the_process_is_ready():
    with beside.beside(eval, ENOUGH) as ask:
        assert ask(PID) == os.getpid()


def test_when_the_process_is_killed_the_work_is_done_here(elsewhere):
    os.kill(elsewhere(PID), signal.SIGKILL)
    assert elsewhere(PID) == os.getpid()
    assert elsewhere("6 * 7") == 42


def test_an_error_is_that_of_doing_it_here(elsewhere):
    with pytest.raises(ZeroDivisionError) as caught:
        elsewhere("1 / 0")
    assert caught.traceback[-1].name == "<module>"  # of the expression itself


def test_the_process_knows_no_database_and_no_secret(elsewhere):
    assert "DATABASE_URL" in os.environ
    known = elsewhere("dict(__import__('os').environ)")
    assert known.keys().isdisjoint(("DATABASE_URL", "REDIS_URL", "PORTAL_SECRET_KEY"))
    settings = "__import__('django.conf').conf.settings"
    for name in ("DATABASES", "SECRET_KEY"):
        assert not elsewhere(f"{settings}.is_overridden({name!r})")


def test_what_it_prints_is_no_answer(elsewhere):
    assert elsewhere("print('x', flush=True) or 7") == 7


def test_the_process_speaks_the_language_of_who_asks():
    with translation.override("de"), beside.beside(eval, ENOUGH) as ask:
        eventually(lambda: ask(PID) != os.getpid())
        language = ask("__import__('django.utils.translation').utils.translation.get_language()")
    assert language == "de"


def test_the_process_ends_with_the_block():
    with beside.beside(eval, ENOUGH) as ask:
        pid = eventually(lambda: (pid := ask(PID)) != os.getpid() and pid)
    assert is_gone(pid)


STARTS_ONE = """
import os, time, django; django.setup()
from occurrences.beside import FEWEST, beside
with beside(eval, FEWEST) as ask:
    while (pid := ask("__import__('os').getpid()")) == os.getpid(): time.sleep(0.05)
    print(pid, flush=True); time.sleep(60)
"""


def test_the_process_ends_when_who_started_it_is_killed():
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    command = [sys.executable, "-c", STARTS_ONE]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    eventually(lambda: is_gone(pid))


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# --- imports ----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "many.csv"
    generator.write_csv(path, generator.rows(ROWS, dirty=0.03))
    return path.read_text(encoding="utf-8")


@pytest.fixture
def all_beside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have all rows read beside, in chunks of 500; return what is read here all the same."""
    for module in (staging, imports):
        monkeypatch.setattr(module, "CHUNK", 500)
    monkeypatch.setattr(beside, "FEWEST", 1)
    monkeypatch.setattr(beside._Process, "_is_ready", beside._Process._says_so)  # waits for it
    here: list[str] = []
    for name in ("say", "draft"):
        monkeypatch.setattr(Drafter, name, noting(getattr(Drafter, name), here))
    return here


def noting(function: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    @functools.wraps(function)
    def noted(*given: Any) -> Any:
        calls.append(function.__name__)
        return function(*given)

    return noted


def result(run: ImportRun) -> tuple[Any, ...]:
    outcomes = run.outcomes.order_by("number").values_list("number", "action", "issues", "reason")
    return hash_collection(run.collection, guids=False), list(outcomes), run.counts["created"]


def in_one_process(into: Any, by: Any, content: str | bytes) -> tuple[Any, ...]:
    """Return what a file gives without another process, and leave the collection as it was."""
    expected = result(bring_in(into, by, content))
    Occurrence.objects.filter(collection=into).delete()
    return expected


@pytest.mark.slow
def test_rows_read_beside_give_the_same_records(
    herbarium, administrator, file, all_beside, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(beside, "FEWEST", ROWS + 1)
        expected = in_one_process(herbarium, administrator, file)
    all_beside.clear()
    assert result(bring_in(herbarium, administrator, file)) == expected
    assert all_beside == []


CORE = (
    "id,catalogNumber,otherCatalogNumbers,scientificName,recordSecurity,locality\n"
    "1,A-1,Barcode: 7,Quercus alba,,Here\n2,A-2,,Quercus rubra,1,There\n"
)
EXTENSIONS = {
    "identification": "coreid,scientificName,identifiedBy\n1,Quercus robur,Ana\n",
    "multimedia": "coreid,identifier\n2,https://example.org/2.jpg\n",
}


def test_an_archive_read_beside_gives_the_same_records(
    herbarium, administrator, all_beside, monkeypatch
):
    packed = archive(CORE, **EXTENSIONS)
    with monkeypatch.context() as patched:
        patched.setattr(beside, "FEWEST", 100)
        expected = in_one_process(herbarium, administrator, packed)
    all_beside.clear()
    assert result(bring_in(herbarium, administrator, packed)) == expected
    assert (expected[-1], all_beside) == (2, [])


@pytest.mark.slow
def test_an_import_goes_on_when_the_process_beside_it_is_killed(
    herbarium, administrator, file, all_beside, monkeypatch
):
    expected = in_one_process(herbarium, administrator, file)
    all_beside.clear()
    call, calls = beside._Process.__call__, []

    def struck(place: beside._Process, given: Any) -> Any:
        calls.append(place)
        if calls.count(place) == 4 and place.process:
            place.process.kill()
        return call(place, given)

    monkeypatch.setattr(beside._Process, "__call__", struck)
    assert result(bring_in(herbarium, administrator, file)) == expected
    assert all_beside.count("say") == all_beside.count("draft") == ROWS // 500 - 3


def test_a_cancelled_check_leaves_no_process(herbarium, administrator, file, all_beside):
    class Impatient:
        def report(self, *_told: object) -> None:
            raise Cancelled

    run = imports.receive(herbarium, administrator, ContentFile(file.encode()), "many.csv")
    imports.stage(run)
    with pytest.raises(Cancelled):
        imports.check(run, Impatient())  # type: ignore[arg-type]
    running = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in running if b"beside" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_what_copy_would_misread_arrives_as_it_was(herbarium, administrator):
    assert bulk.as_text([None, r"\N", True, {}]) == "\\N\t\\\\N\tTrue\t{}"
    texts = [r"a\N", r"C:\new", "a\tb", "one\ntwo", 'say "so"', "\\", "ñandú 🌵"]
    quoted = [text.replace('"', '""') for text in texts]
    lines = "".join(f'A-{at},"{text}"\n' for at, text in enumerate(quoted))
    bring_in(herbarium, administrator, f"catalogNumber,habitat\n{lines}")
    kept = Occurrence.objects.order_by("catalog_number").values_list("habitat", flat=True)
    assert list(kept) == texts
