"""A value that cannot be right stops the start with a line that names it and says what to write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


PRINTED = "import portal.settings as s; print(s.HTTPS, s.DATABASES['default']['HOST'])"


def settings_with(
    home: Path, code: str = PRINTED, **changes: str
) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_HOME": str(home),
        "PORTAL_SECRET_KEY": "k" * 50,
        "DATABASE_URL": "postgres://someone@localhost/some",
        "REDIS_URL": "redis://localhost:6379/0",
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment | changes,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_deployment_is_https_only_unless_told_otherwise(tmp_path: Path) -> None:
    assert settings_with(tmp_path).stdout.split() == ["True", "localhost"]
    assert settings_with(tmp_path, PORTAL_HTTPS="0").stdout.split() == ["False", "localhost"]


def test_database_may_be_reached_through_a_socket_with_spaces_in_its_path(tmp_path: Path) -> None:
    done = settings_with(tmp_path, DATABASE_URL="postgres://someone@%2Fmy%20home%2Frun/some")
    assert done.stdout == "True /my home/run\n"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("", ""),
        ("https://api.checklistbank.org/", "https://api.checklistbank.org/dataset/3LR"),
        ("https://example.org/dataset/COL25", "https://example.org/dataset/COL25"),
    ],
)
def test_catalogue_without_a_dataset_is_the_latest_release(
    tmp_path: Path, url: str, asked: str
) -> None:
    code = "import portal.settings as s; print(s.CATALOGUE_OF_LIFE_URL)"
    assert settings_with(tmp_path, code, CATALOGUE_OF_LIFE_URL=url).stdout.strip() == asked


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("DATABASE_URL", "", "DATABASE_URL=postgres://"),
        ("DATABASE_URL", "sqlite:///here.db", "DATABASE_URL=postgres://"),
        ("REDIS_URL", "amqp://localhost", "REDIS_URL=redis://"),
        ("PORTAL_SECRET_KEY", "", "PORTAL_SECRET_KEY="),
        ("PORTAL_SECRET_KEY", "short", "PORTAL_SECRET_KEY="),
        ("PORTAL_DEMO", "perhaps", "PORTAL_DEMO=1"),
        ("PORTAL_WORKERS", "0", "PORTAL_WORKERS=1"),
        ("PORTAL_WORKERS", "two", "PORTAL_WORKERS=1"),
        ("PORTAL_HOSTS", "*", "PORTAL_HOSTS="),
        ("PORTAL_HOME", "somewhere/here", "PORTAL_HOME=/"),
        ("PORTAL_HOME", "/dev/null/here", "PORTAL_HOME="),
        ("PORTAL_TIME_ZONE", "Mars/Olympus", "PORTAL_TIME_ZONE="),
        ("PORTAL_LOG_LEVEL", "loud", "DEBUG, INFO"),
        ("PORTAL_REGISTRATION", "perhaps", "open, invitation, closed"),
        ("EMAIL_URL", "mail.example.org", "EMAIL_URL=smtp+tls://"),
        ("CATALOGUE_OF_LIFE_URL", "api.checklistbank.org", "CATALOGUE_OF_LIFE_URL=https://"),
        ("CATALOGUE_OF_LIFE_URL", "ftp://example.org", "CATALOGUE_OF_LIFE_URL=https://"),
        ("CATALOGUE_OF_LIFE_URL", "https://me:it@example.org", "CATALOGUE_OF_LIFE_URL=https://"),
        ("CATALOGUE_OF_LIFE_URL", "https://example.org/?a=b", "CATALOGUE_OF_LIFE_URL=https://"),
        ("CATALOGUE_OF_LIFE_URL", "https://example.org:x", "CATALOGUE_OF_LIFE_URL=https://"),
    ],
)
def test_bad_value_is_refused(tmp_path: Path, name: str, value: str, advice: str) -> None:
    done = settings_with(tmp_path, **{name: value})
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert last.startswith(f"django.core.exceptions.ImproperlyConfigured: {name} ")
    assert advice in last


REGISTRATION = "import portal.settings as s; print(s.REGISTRATION, s.EMAIL_HOST, s.MAIL_DELIVERY)"


def test_nobody_registers_where_no_mail_can_confirm_it(tmp_path: Path) -> None:
    assert settings_with(tmp_path, REGISTRATION).stdout.startswith("closed")
    mail = "smtp+tls://me:secret@mail.example.org:587"
    done = settings_with(tmp_path, REGISTRATION, EMAIL_URL=mail)
    assert done.stdout.split() == [
        "open",
        "mail.example.org",
        "django.core.mail.backends.smtp.EmailBackend",
    ]
    done = settings_with(tmp_path, REGISTRATION, EMAIL_URL=mail, PORTAL_REGISTRATION="invitation")
    assert done.stdout.startswith("invitation")


ELSEWHERE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
import django
django.setup()
from django.conf import settings
from django.urls import NoReverseMatch, reverse
try:
    print(reverse("orcid_login"), reverse("openid_connect_login", args=["oidc"]))
    print(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"][1:])
except NoReverseMatch:
    print("nowhere")
"""


def test_signing_in_elsewhere_is_there_when_the_environment_names_it(tmp_path: Path) -> None:
    named = {
        "ORCID_CLIENT_ID": "APP-1",
        "ORCID_SECRET": "s",
        "OIDC_CLIENT_ID": "portal",
        "OIDC_SECRET": "s",
        "OIDC_URL": "https://login.example.org/realms/x",
    }
    done = settings_with(tmp_path, ELSEWHERE, **named)
    assert done.stdout.splitlines() == [
        "/accounts/orcid/login/ /accounts/oidc/oidc/login/",
        "['https://orcid.org', 'https://login.example.org']",
    ], done.stderr
    assert settings_with(tmp_path, ELSEWHERE).stdout == "nowhere\n"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"ORCID_CLIENT_ID": "APP-1"}, "ORCID_SECRET"),
        ({"OIDC_CLIENT_ID": "portal"}, "OIDC_URL"),
        ({"OIDC_CLIENT_ID": "portal", "OIDC_URL": "http://login.example.org"}, "OIDC_URL"),
        ({"OIDC_CLIENT_ID": "portal", "OIDC_URL": "https://login.example.org"}, "OIDC_SECRET"),
    ],
)
def test_half_of_what_signing_in_elsewhere_needs_is_refused(
    tmp_path: Path, changes: dict[str, str], name: str
) -> None:
    assert f"ImproperlyConfigured: {name} " in settings_with(tmp_path, **changes).stderr
