"""An account from registering to a passkey, and that its pages have no serious fault."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.test_accessibility import LOOKS, accessibility_faults

pytestmark = pytest.mark.browser

PASSWORD = "wood-rat-den-7"
NEW = {
    "first_name": "Rosa",
    "last_name": "Marín",
    "email": "rosa@demo.example",
    "username": "rosa",
    "password1": PASSWORD,
    "password2": PASSWORD,
}
VISITED = [
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/retrieve-login/",
    "/accounts/confirm-email/",
    "/contact/",
    "/collections/join/",
    "/demo/mails/",
]
OWN = [
    "/profile/account/",
    "/profile/account/edit/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/reauthenticate/",
    "/collections/join/bring/",
    "/collections/join/requests/",
]
HELP_DESK = ["/help-desk/?name=a", "/collections/join/text/"]


@pytest.fixture(autouse=True)
def mails_on_a_page(settings: Any) -> None:
    settings.EMAIL_BACKEND = "accounts.mailing.Logged"
    settings.MAIL_DELIVERY = "django.core.mail.backends.locmem.EmailBackend"
    settings.HELP_DESK = "help@demo.example"


def with_authenticator(page: Page) -> None:
    """Give the browser a device that holds passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_an_account_is_made_confirmed_and_entered_by_a_passkey(page: Page, seeded: None) -> None:
    page.goto("/accounts/signup/")
    for name, value in NEW.items():
        page.fill(f"input[name={name}]", value)
    page.click("main button.main")
    page.click("text=Read its mails")
    page.click("text=Confirm your e-mail address")
    page.click(".letter a >> nth=0")
    page.click("text=Yes, confirm")
    page.fill("input[name=login]", "rosa")
    page.fill("input[name=password]", PASSWORD)
    page.click("main form.panel button.main")
    page.wait_for_url("**/profile/")

    with_authenticator(page)
    page.goto("/accounts/2fa/webauthn/add/")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.main")
    page.wait_for_selector("#mfa_webauthn_add")
    page.wait_for_load_state()  # the button is a script's
    page.fill("input[name=name]", "My laptop")
    page.check("input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    page.goto("/accounts/logout/")
    page.click("main button.main")

    page.goto("/accounts/login/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url("**/profile/")
    assert "Rosa Marín" in page.content()


def test_a_helper_sees_the_page_of_another_and_comes_back(
    page: Page, sign_in: Callable[[str], None]
) -> None:
    sign_in("admin")
    page.goto("/help-desk/?name=esteban")
    page.click("main table a")
    page.fill("#acting_reason", "cannot find the records")
    page.click("main button:has-text('Sign in as this person')")
    page.wait_for_url("**/profile/")
    assert "you are signed in as" in page.inner_text(".acting")
    assert accessibility_faults(page) == []
    page.click("text=Be myself again")
    page.wait_for_url("**/help-desk/**")
    assert page.locator(".acting").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_account_pages_have_no_serious_fault(
    page: Page, sign_in: Callable[[str], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    faults = _faults(page, VISITED)
    sign_in("admin")
    faults += _faults(page, OWN + HELP_DESK)
    page.goto("/help-desk/?name=esteban")
    faults += _faults(page, [page.get_attribute("main table a", "href") or ""])
    assert not faults, "\n".join(["", *faults])


def _faults(page: Page, addresses: list[str]) -> list[str]:
    found = []
    for address in addresses:
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        found += [f"{address} {fault}" for fault in accessibility_faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} is wider than the window")
    return found
