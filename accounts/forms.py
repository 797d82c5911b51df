"""The forms of accounts, apart from what registering asks for (registration.py)."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SignupForm,
)
from allauth.account.internal.userkit import filter_users_by_username
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import mailing, orcid
from accounts.models import User


def may_mail(request: HttpRequest, address: str) -> bool:
    """Tell whether one more mail may go to an address that a stranger typed.

    Beyond the limit nothing is sent and the page answers the same; an earlier link still holds.
    """
    app = "allauth.account"
    key = address.lower()
    return bool(ratelimit.consume(request, app=app, action="mail_to_address", key=key))


class Plain:
    """A form of allauth's without words inside its fields: they stand above them already."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignIn(Plain, LoginForm):
    """User name or e-mail, and password."""


class SignUp(Plain, SignupForm):
    """A new account; registration.py says what it asks for besides."""


class ChangePassword(Plain, ChangePasswordForm):
    """Another password, by the old one."""


class NewPassword(Plain, ResetPasswordKeyForm):
    """Another password, by a link."""


class AddAddress(Plain, AddEmailForm):
    """Another e-mail address."""


class ResetPassword(Plain, ResetPasswordForm):
    """Sends a link to a new password, or says by mail that there is no such account."""

    def save(self, request: HttpRequest, **details: Any) -> str:
        address: str = self.cleaned_data["email"]
        return super().save(request, **details) if may_mail(request, address) else address


class RetrieveLogin(forms.Form):
    """Sends the user name to the address it belongs to."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def send(self, request: HttpRequest) -> None:
        address = self.cleaned_data["email"].lower()
        people = User.objects.filter(email=address, is_active=True)
        context = {
            "usernames": list(people.values_list("username", flat=True)),
            "sign_in": request.build_absolute_uri("/accounts/login/"),
        }
        if may_mail(request, address):
            mailing.send("accounts/email/login", address, context)


class Profile(forms.ModelForm):  # type: ignore[type-arg]
    """Who I am, and whether others may see it."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "orcid", "institution", "is_public")
        help_texts = {
            "orcid": "0000-0002-1825-0097",
            "is_public": gettext_lazy(
                "A page with your name, ORCID and institution. E-mail and user name are not on it."
            ),
        }

    def clean_orcid(self) -> str:
        return orcid.tidy(self.cleaned_data["orcid"])


class UserName(forms.Form):
    """Another user name."""

    username = forms.CharField(
        label=gettext_lazy("New user name"),
        max_length=150,
        help_text=gettext_lazy("Letters, digits and . + - _"),
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )

    def __init__(self, person: User, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        self.person = person

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if name == self.person.username:
            raise ValidationError(_("This is your user name already."))
        get_adapter().clean_username(name, shallow=True)
        if filter_users_by_username(name).exclude(pk=self.person.pk).exists():
            raise ValidationError(_("There is a user of this name already."))
        return name


class LeaveForm(forms.Form):
    """Typing the user name is how somebody says that he means it."""

    username = forms.CharField(
        label=gettext_lazy("Your user name, to make sure"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, person: User, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        self.person = person

    def clean_username(self) -> str:
        if self.cleaned_data["username"].strip().lower() != self.person.username.lower():
            raise ValidationError(_("This is not your user name."))
        return self.person.username


class OneLine(forms.CharField):
    """A text for a mail's head: a line break in it is refused, not passed on."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if "\n" in value or "\r" in value:
            raise ValidationError(_("Write one line."))


class ContactForm(forms.Form):
    """A letter to the help desk."""

    name = OneLine(
        label=gettext_lazy("Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    subject = OneLine(label=gettext_lazy("Subject"), max_length=150)
    message = forms.CharField(
        label=gettext_lazy("Message"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 8})
    )


class Reason(forms.Form):
    """Why the help desk does what it does: kept with it."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=1000)


class NewAddress(Reason):
    """Another e-mail address for somebody, by the word of the help desk."""

    email = forms.EmailField(label=gettext_lazy("New e-mail address"))
    field_order = ("email", "reason")

    def __init__(self, person: User, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        self.person = person

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"].lower()
        taken = User.objects.filter(email=address).exclude(pk=self.person.pk)
        confirmed = EmailAddress.objects.filter(email=address, verified=True)
        if taken.exists() or confirmed.exclude(user=self.person).exists():
            raise ValidationError(_("Another account has this address."))
        return address


class InvitationForm(Reason):
    """Whom to invite, and why."""

    email = forms.EmailField(label=gettext_lazy("E-mail"))
    field_order = ("email", "reason")

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=address).exists():
            raise ValidationError(_("Somebody with this address has an account already."))
        return address


class NoticeMailsForm(forms.ModelForm):  # type: ignore[type-arg]
    """When a person's notices are mailed."""

    class Meta:
        model = User
        fields = ["notice_mails"]
        widgets = {"notice_mails": forms.RadioSelect}
