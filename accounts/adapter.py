"""What the portal decides in allauth's stead."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import guessing, inviting, mailing


class AccountAdapter(DefaultAccountAdapter):
    """Who may register, how mails are sent, and that guessing gets slow."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Tell whether this reader may register: by the settings, or by an invitation."""
        return settings.REGISTRATION == "open" or bool(inviting.invited_address(request))

    def clean_email(self, email: str) -> str:
        """An invitation is for one address; the form of registration takes no other."""
        is_registering = self.request.path == reverse("account_signup")
        invited = inviting.invited_address(self.request) if is_registering else ""
        if invited and email.lower() != invited:
            message = _("Your invitation is for %(email)s.")
            raise ValidationError(message, params={"email": invited})
        return super().clean_email(email)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Refuse what could be taken for somebody's address."""
        if "@" in username:
            raise ValidationError(_("A user name has no @: it is not to look like an address."))
        return super().clean_username(username, shallow)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        mailing.send(template_prefix, email, {"email": email, **context})

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            self._attempt = guessing.begin(request, credentials["username"])
        except guessing.Wait as wait:
            message = _(
                "Too many wrong passwords from here. Wait %(seconds)s seconds and try again, "
                "or reset your password. The account is not locked."
            )
            raise ValidationError(message, params={"seconds": wait.seconds}) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Return the person of this name or address if the password is right, else None.

        Whatever was typed, it is looked up once and goes on as a user name: so the passwords of
        known and unknown people take the same number of checks, and the same time.
        """
        login = credentials.get("username") or credentials.get("email") or ""
        meant = guessing.meant(login)
        name = meant.username if meant else login
        person = super().authenticate(
            request, username=name, password=credentials.get("password", "")
        )
        if person:
            guessing.succeeded(self._attempt)
        return person

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponseBase:
        response = super().post_login(request, user, **details)
        guessing.remember_device(request, response, user)
        return response


class ElsewhereAdapter(DefaultSocialAccountAdapter):
    """Signing in by ORCID or OpenID Connect makes no account where registering would not."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return AccountAdapter(request).is_open_for_signup(request)
