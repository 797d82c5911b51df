"""Pictures of pages: `python3 dev.py look URL… [--as USER] [--password WORD] [--out FOLDER]`."""

import argparse
import os
import re
import sys
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import chromium_path, launch

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py look", description=__doc__)
    parser.add_argument("url", nargs="+", help="an address, or the path of a page")
    parser.add_argument("--as", dest="user", help="sign in as this person first")
    parser.add_argument("--password", help="with this password; people of the demo need none")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    return parser.parse_args()


def sign_in(page: Page, address: str, user: str, password: str | None) -> None:
    """Sign in by the form, or without a password by the demonstration's page."""
    if password:
        page.goto(urljoin(address, "/accounts/login/"))
        page.fill("input[name=login]", user)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
    else:
        page.goto(urljoin(address, "/demo/sign-in/"))
        form = page.locator("form", has=page.locator(f"input[name=username][value='{user}']"))
        form.locator("button[type=submit]").click()
    page.wait_for_load_state()
    if urlsplit(page.url).path in {"/accounts/login/", "/demo/sign-in/"}:
        sys.exit(f"{user} cannot sign in. Is the name right, and the password?")


def file_name(url: str, width: int, scheme: str) -> str:
    parts = urlsplit(url)
    text = "-".join(filter(None, (parts.path.strip("/"), parts.query))) or "home"
    return f"{re.sub(r'[^A-Za-z0-9.=]+', '-', text)[:80]}-{width}-{scheme}.png"


def take(browser: Browser, address: str, wanted: argparse.Namespace, out: Path) -> None:
    """Every page, at every width, light and dark, each whole."""
    signed_in = None
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                storage_state=signed_in,
                reduced_motion="reduce",
            )
            page = context.new_page()
            if wanted.user and signed_in is None:
                sign_in(page, address, wanted.user, wanted.password)
                signed_in = context.storage_state()
            for url in wanted.url:
                answer = page.goto(urljoin(address, url), wait_until="networkidle")
                path = out / file_name(urljoin(address, url), width, scheme)
                page.screenshot(path=path, full_page=True)
                print(path, answer.status if answer else "")
            context.close()


def main() -> None:
    wanted = arguments()
    if chromium_path() is None:
        sys.exit("There is no Chromium here. Type: sudo apt install chromium")
    out = wanted.out or Path(os.environ["PORTAL_HOME"]) / "look"
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        take(browser, os.environ["PORTAL_ADDRESS"], wanted, out)
        browser.close()


if __name__ == "__main__":
    main()
