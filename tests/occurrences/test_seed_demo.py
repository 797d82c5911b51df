"""The command that fills a portal with the demonstration."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from biocollections.models import Collection


def test_command_prints_its_counts(
    db: None, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO = True
    call_command("seed_demo", "--records", "0", "--json")
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["seeded"] is True
    assert told["records"] == sum(told["collections"].values()) == 44 + 26 + 8 + 1


def test_a_portal_that_is_no_demonstration_is_not_seeded(db: None, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="PORTAL_DEMO=1"):
        call_command("seed_demo")
    assert not Collection.objects.exists()
