"""`dev.py look` takes each page wide and narrow, light and dark."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.look import file_name

ROOT = Path(__file__).resolve().parents[2]


def width(png: Path) -> int:
    return int(struct.unpack(">I", png.read_bytes()[16:20])[0])


@pytest.mark.browser
def test_page_is_taken_at_two_widths_in_two_schemes(
    browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.look", "/accounts/login/", "--out", str(tmp_path)],
        env={**os.environ, "PORTAL_ADDRESS": live_server.url},
        cwd=ROOT,
        check=True,
    )
    taken = {path.name: width(path) for path in tmp_path.iterdir()}
    assert taken == {
        f"accounts-login-{pixels}-{scheme}.png": pixels
        for pixels in (1280, 390)
        for scheme in ("light", "dark")
    }


def test_picture_is_named_after_its_page() -> None:
    assert file_name("http://localhost/", 390, "dark") == "home-390-dark.png"
    assert file_name("/occurrences/?q=Ł b", 390, "dark") == "occurrences-q=-b-390-dark.png"
