"""Every setting of the site, and the only Django module that reads the environment.

A value that cannot be right stops the start with one line that names the variable and says what to
write. `python3 dev.py` sets all that a newcomer's machine needs; `docker-compose.yml` shows a
deployment.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
TRUE, FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def flag(name: str, default: bool = False) -> bool:
    """The environment's yes or no under this name; anything else is refused."""
    text = env.str(name, default=str(int(default))).strip().lower()
    if text not in TRUE | FALSE:
        raise ImproperlyConfigured(
            f"{name} is {text!r}. Write {name}=1 for yes or {name}=0 for no."
        )
    return text in TRUE


def number(name: str, default: int, lowest: int, highest: int) -> int:
    """The environment's whole number under this name, from lowest to highest."""
    text = env.str(name, default=str(default)).strip()
    value = int(text) if text.isascii() and text.isdigit() else lowest - 1
    if not lowest <= value <= highest:
        raise ImproperlyConfigured(
            f"{name} is {text!r}. Write a whole number from {lowest} to {highest}, "
            f"such as {name}={default}."
        )
    return value


def required(name: str, example: str) -> str:
    """The environment's text under this name, which must be there."""
    text = env.str(name, default="").strip()
    if not text:
        raise ImproperlyConfigured(
            f"{name} is not set. Write {name}={example}, "
            "or start with `python3 dev.py`, which brings its own."
        )
    return text


def parsed(name: str, example: str, schemes: set[str], parse: Callable[[str], Any]) -> Any:
    """The environment's URL under this name, of one of these schemes, as `parse` reads it."""
    url = required(name, example)
    scheme = url.partition("://")[0]
    try:
        if scheme not in schemes:
            raise ValueError(scheme)
        return parse(url)
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} does not look right. Write {name}={example}.") from None


def dataset(name: str, key: str) -> str:
    """The ChecklistBank dataset's address under this name, or "" when it isn't set.

    A URL that names no dataset means the one with this key.
    """
    url = env.str(name, default="").strip().rstrip("/")
    try:
        parts = urlsplit(url)
        plain = parts.hostname and parts.port != 0 and "@" not in url
        fits = parts.scheme in {"https", "http"} and plain and not re.search(r"[?#\s]", url)
    except ValueError:
        fits = False
    if url and not fits:
        raise ImproperlyConfigured(
            f"{name} does not look right. Write {name}=https://api.checklistbank.org, "
            f"or with a dataset {name}=https://api.checklistbank.org/dataset/{key}."
        )
    return url if not url or re.search(r"/dataset/[^/]+$", url) else f"{url}/dataset/{key}"


def database(url: str) -> dict[str, Any]:
    """Django's settings for this URL, whose host may be the quoted folder of a socket."""
    config = env.db_url_config(url)
    return {**config, "HOST": unquote(config["HOST"])}


# -- What kind of site this is ---------------------------------------------------------------------

TESTING = flag("PORTAL_TESTING")
DEBUG = flag("PORTAL_DEBUG")
DEMO = flag("PORTAL_DEMO")  # one-click sign-in as any person of the demonstration
HTTPS = flag("PORTAL_HTTPS", default=not (DEBUG or DEMO or TESTING))
SITE_NAME = env.str("PORTAL_NAME", default="Holotype")
# The address in each page's foot, to which the contact page writes.
HELP_DESK = env.str("PORTAL_HELP_DESK", default="help@demo.example" if DEMO else "")

MAIL_ADDRESS = env.str("EMAIL_URL", default="dummymail://")
try:
    MAIL = env.email_url_config(MAIL_ADDRESS)
except (ImproperlyConfigured, KeyError, ValueError):
    raise ImproperlyConfigured(
        "EMAIL_URL does not look right. Write "
        "EMAIL_URL=smtp+tls://name:password@mail.example.org:587."
    ) from None
# A demonstration shows its mails on a page; without EMAIL_URL no other portal sends any.
MAIL_LEAVES = DEMO or TESTING or not MAIL_ADDRESS.startswith("dummymail")

SECRET_KEY = required("PORTAL_SECRET_KEY", example="<50 or more random characters>")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured(
        "PORTAL_SECRET_KEY is too short to protect sessions. "
        "Write PORTAL_SECRET_KEY=<50 or more random characters>."
    )

ALLOWED_HOSTS = env.list("PORTAL_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured(
        "PORTAL_HOSTS is '*', which lets anybody choose the site's name. "
        "Write the names people type, such as PORTAL_HOSTS=example.org,www.example.org."
    )
# Where the links of mails lead that no page has sent.
SITE_URL = env.str(
    "PORTAL_URL", default=f"{'https' if HTTPS else 'http'}://{ALLOWED_HOSTS[0]}"
).rstrip("/")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

# -- Where things are ------------------------------------------------------------------------------

HOME = Path(env.str("PORTAL_HOME", default=str(BASE_DIR / ".portal"))).expanduser()
if not HOME.is_absolute():
    raise ImproperlyConfigured(
        f"PORTAL_HOME is {str(HOME)!r}. Write the whole path of a folder, "
        "such as PORTAL_HOME=/srv/holotype."
    )
PRIVATE_ROOT = HOME / "private"  # uploads and made files; views check rights before each of them
FIELD_DATA = env.str("FIELD_DATA", default="")  # a folder of real files, for tests/field

DATABASES = {
    "default": {
        **parsed(
            "DATABASE_URL",
            "postgres://holotype:password@localhost:5432/holotype",
            {"postgres", "postgresql"},
            database,
        ),
        "CONN_MAX_AGE": number("PORTAL_CONNECTION_AGE", 0 if TESTING else 60, 0, 86_400),
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Counts of what is limited are kept in the database: every process sees the same ones.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_TEMP_DIR = HOME / "uploading"
FILE_UPLOAD_PERMISSIONS = 0o600
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_AUTOREFRESH = DEBUG or TESTING
for folder in (PRIVATE_ROOT, FILE_UPLOAD_TEMP_DIR, STATIC_ROOT):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"PORTAL_HOME is {str(HOME)!r}, where {error.filename!r} cannot be made "
            f"({error.strerror}). Write PORTAL_HOME=<a folder you may write to>."
        ) from None

# -- The parts of the site -------------------------------------------------------------------------

INSTALLED_APPS = [
    "occurrences",
    "taxonomy",
    "biocollections.apps.BiocollectionsConfig",
    "accounts",
    "journal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.caching.keep_private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.acting.as_somebody",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.page",
            ],
        },
    }
]

# -- People and signing in -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "biocollections.permissions.GrantBackend",  # portal-wide permissions, from grants
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/profile/"
LOGOUT_REDIRECT_URL = "/"
REGISTRATION = env.str("PORTAL_REGISTRATION", default="open" if MAIL_LEAVES else "closed")
if REGISTRATION not in ("open", "invitation", "closed"):
    raise ImproperlyConfigured(
        f"PORTAL_REGISTRATION is {REGISTRATION!r}. Write one of open, invitation, closed."
    )
# Who may open a personal profile, and how many records one may hold by import (0: any number).
PERSONAL_PROFILES = env.str("PORTAL_PERSONAL_PROFILES", default="open" if DEMO else "sponsored")
if PERSONAL_PROFILES not in ("open", "sponsored"):
    raise ImproperlyConfigured(
        f"PORTAL_PERSONAL_PROFILES is {PERSONAL_PROFILES!r}. Write one of open, sponsored."
    )
PERSONAL_QUOTA = number("PORTAL_PERSONAL_QUOTA", 100_000, 0, 100_000_000)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.registration.Registration"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # nobody signs in, or writes, before that
ACCOUNT_CHANGE_EMAIL = True  # one address each; a new one replaces it when it is confirmed
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignIn",
    "signup": "accounts.forms.SignUp",
    "reset_password": "accounts.forms.ResetPassword",
    "change_password": "accounts.forms.ChangePassword",
    "reset_password_from_key": "accounts.forms.NewPassword",
    "add_email": "accounts.forms.AddAddress",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_RATE_LIMITS = {
    "login": "300/5m/ip",  # a flood; wrong passwords are accounts.guessing's
    "login_failed": None,
    "reset_password": "20/5m/ip",
    "retrieve_login": "20/5m/ip",
    "mail_to_address": "3/20m/key",  # beyond it nothing is sent, and the same is answered
    "contact": "5/h/ip",
    "ask_to_join": "10/h/user",
    "ask_for_access": "10/h/user",
    "ask_the_sender": "20/h/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = int(flag("PORTAL_BEHIND_PROXY"))
PASSWORD_RESET_TIMEOUT = 3600  # seconds that a link to a new password holds
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True  # or nobody with a second factor could change the address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    ]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Signing in elsewhere: only what the environment names.
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
SOCIALACCOUNT_ADAPTER = "accounts.adapter.ElsewhereAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
ELSEWHERE: list[str] = []  # the hosts that signing in may lead to
if env.str("ORCID_CLIENT_ID", default=""):
    INSTALLED_APPS.append("allauth.socialaccount.providers.orcid")
    ORCID_HOST = env.str("ORCID_HOST", default="orcid.org")  # sandbox.orcid.org to try it out
    ELSEWHERE.append(f"https://{ORCID_HOST}")
    SOCIALACCOUNT_PROVIDERS["orcid"] = {
        "BASE_DOMAIN": ORCID_HOST,
        "APPS": [
            {
                "name": "ORCID",
                "client_id": env.str("ORCID_CLIENT_ID"),
                "secret": required("ORCID_SECRET", example="<the secret that ORCID gave>"),
            }
        ],
    }
if env.str("OIDC_CLIENT_ID", default=""):
    INSTALLED_APPS.append("allauth.socialaccount.providers.openid_connect")
    OIDC_URL = required("OIDC_URL", example="https://login.example.org")
    if urlsplit(OIDC_URL).scheme != "https" or not urlsplit(OIDC_URL).hostname:
        raise ImproperlyConfigured(
            f"OIDC_URL is {OIDC_URL!r}. Write OIDC_URL=https://login.example.org."
        )
    ELSEWHERE.append("https://" + urlsplit(OIDC_URL).netloc)
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.str("OIDC_NAME", default=urlsplit(OIDC_URL).hostname),
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": required("OIDC_SECRET", example="<the secret of the provider>"),
                "settings": {"server_url": OIDC_URL},
            }
        ]
    }

# -- Mail ------------------------------------------------------------------------------------------
# Every mail passes accounts.mailing, which logs that it was sent and hands it on.

vars().update(MAIL)
EMAIL_BACKEND, MAIL_DELIVERY = "accounts.mailing.Logged", MAIL["EMAIL_BACKEND"]
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str(
    "PORTAL_MAIL_FROM", default=HELP_DESK or f"portal@{ALLOWED_HOSTS[0].strip('[]')}"
)

# -- Names -----------------------------------------------------------------------------------------
# The ChecklistBank dataset that may be asked about names; "" = nobody outside is ever asked. Tests
# set their own.

CATALOGUE_OF_LIFE_URL = "" if TESTING else dataset("CATALOGUE_OF_LIFE_URL", "3LR")

# -- Browsers --------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = number("PORTAL_HSTS_SECONDS", 3600, 0, 63_072_000) if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if flag("PORTAL_BEHIND_PROXY") else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *ELSEWHERE],  # browsers also follow this where a form redirects
        "base-uri": [SELF],
    }
}
# Pictures of the ground under the maps, from another server; "" = nobody else is asked.
MAP_TILES = env.str("PORTAL_MAP_TILES", default="")
MAP_ATTRIBUTION = env.str("PORTAL_MAP_ATTRIBUTION", default="")
if MAP_TILES:
    tiles = urlsplit(MAP_TILES)
    whole = all(part in MAP_TILES for part in ("{z}", "{x}", "{y}"))
    if tiles.scheme != "https" or not tiles.hostname or not whole or not MAP_ATTRIBUTION:
        raise ImproperlyConfigured(
            "PORTAL_MAP_TILES does not look right, or PORTAL_MAP_ATTRIBUTION is not set. Write "
            "PORTAL_MAP_TILES=https://tiles.example.org/{z}/{x}/{y}.png and "
            "PORTAL_MAP_ATTRIBUTION=<whom the map is owed to>."
        )
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(f"https://{tiles.netloc}")
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2  # the editor sends each long text twice, old and new
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # a mapping page has several fields for each column

# -- Languages and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("PORTAL_TIME_ZONE", default="UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(
        f"PORTAL_TIME_ZONE is {TIME_ZONE!r}. Write a name such as PORTAL_TIME_ZONE=Europe/Lisbon."
    )
USE_TZ = True

# -- Handing records over --------------------------------------------------------------------------
# Days after which whoever receives an offer is reminded, again and again; days after which an offer
# that nobody answered expires. 0 = never.

OFFER_REMINDER_DAYS = number("PORTAL_OFFER_REMINDER_DAYS", 14, 0, 3650)
OFFER_EXPIRY_DAYS = number("PORTAL_OFFER_EXPIRY_DAYS", 0, 0, 3650)

# -- Background work -------------------------------------------------------------------------------
# The truth of a job is its row in PostgreSQL (journal.Job); Celery only carries its id, so no
# results are kept, and a task that dies with its worker is delivered again.

CELERY_BROKER_URL = parsed(
    "REDIS_URL",
    "redis://localhost:6379/0",
    {"redis", "rediss", "redis+socket"},
    str,
)
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = number("PORTAL_WORKERS", 1, 1, 256)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # kilobytes; above it a child makes room for another
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3.0  # seconds that a task in hand gets on SIGQUIT
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "sweep jobs": {"task": "journal.tasks.sweep", "schedule": 10.0},
    "forget": {"task": "accounts.tasks.forget", "schedule": 6 * 3600.0},
    "forget rows": {"task": "occurrences.tasks.forget_rows", "schedule": 24 * 3600.0},
    "sweep media": {"task": "occurrences.tasks.sweep_media", "schedule": 24 * 3600.0},
    "mail notices": {"task": "accounts.tasks.mail_notices", "schedule": 600.0},
    "refresh": {"task": "occurrences.tasks.refresh", "schedule": 900.0},
    "remind": {"task": "biocollections.tasks.remind", "schedule": 6 * 3600.0},
    "remind of offers": {"task": "occurrences.tasks.remind_of_offers", "schedule": 6 * 3600.0},
}

# -- Log -------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("PORTAL_LOG_LEVEL", default="INFO").upper()
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
if LOG_LEVEL not in LOG_LEVELS:
    raise ImproperlyConfigured(
        f"PORTAL_LOG_LEVEL is {LOG_LEVEL!r}. Write one of {', '.join(LOG_LEVELS)}."
    )
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "stream": sys.stderr,
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}
