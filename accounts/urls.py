"""Addresses of accounts: allauth's pages that can be reached, and our own."""

from allauth.account import views as allauth
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.views import demo, entering, help_desk, noticing, own

app_name = "accounts"

urlpatterns = [
    path("accounts/retrieve-login/", entering.retrieve_login, name="retrieve_login"),
    path("accounts/retrieve-login/done/", entering.retrieve_login_done, name="retrieve_login_done"),
    path("accounts/invitation/<str:token>/", entering.invitation, name="invitation"),
    path("contact/", entering.contact, name="contact"),
    path("people/<uuid:guid>/", own.person, name="person"),
    path("profile/notices/", noticing.notices, name="notices"),
    path("profile/notices/read/", noticing.notices_read, name="notices_read"),
    path("profile/notices/mails/", noticing.notice_mails, name="notice_mails"),
    path("profile/notices/<uuid:guid>/", noticing.notice, name="notice"),
    path("profile/account/edit/", own.profile, name="profile"),
    path("profile/account/user-name/", own.user_name, name="user_name"),
    path("profile/account/export/", own.export, name="export"),
    path("profile/account/delete/", own.leave, name="leave"),
    path("help-desk/", help_desk.people, name="help_desk"),
    path("help-desk/invite/", help_desk.invite, name="invite"),
    path("help-desk/be-myself/", help_desk.be_myself, name="be_myself"),
    path("help-desk/<uuid:guid>/", help_desk.person, name="help_person"),
    path("help-desk/<uuid:guid>/mail/", help_desk.mail, name="help_mail"),
    path("help-desk/<uuid:guid>/link/", help_desk.link, name="help_link"),
    path("help-desk/<uuid:guid>/address/", help_desk.address, name="help_address"),
    path("help-desk/<uuid:guid>/second-factors/", help_desk.second_factors, name="help_factors"),
    path("help-desk/<uuid:guid>/sign-in-as/", help_desk.sign_in_as, name="sign_in_as"),
    path("demo/mails/", demo.mails, name="demo_mails"),
    path("demo/mails/<uuid:guid>/", demo.mail, name="demo_mail"),
]

# What allauth answers, below accounts/; its pages for codes by mail or telephone are left out.
allauth_urls: list[URLPattern | URLResolver] = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("signup/", allauth.signup, name="account_signup"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("email/", allauth.email, name="account_email"),
    path(
        "confirm-email/",
        allauth.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        allauth.confirm_email,
        name="account_confirm_email",
    ),
    path("password/change/", allauth.password_change, name="account_change_password"),
    path("password/set/", allauth.password_set, name="account_set_password"),
    path("password/reset/", allauth.password_reset, name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
if settings.SOCIALACCOUNT_PROVIDERS:
    from allauth.urls import build_provider_urlpatterns

    allauth_urls += [
        path("elsewhere/", include("allauth.socialaccount.urls")),
        *build_provider_urlpatterns(),
    ]
