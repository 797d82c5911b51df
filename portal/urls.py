"""Every address of the site, assembled from the apps."""

from allauth.account import views as allauth
from django.urls import include, path

from portal import views

# Accounts are made by administrators: of allauth's pages these are the ones that can be reached.
account_urls = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", allauth.logout, name="account_logout"),
    path("signup/", allauth.signup, name="account_signup"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
]

urlpatterns = [
    path("", views.home, name="home"),
    path("tour/", views.tour, name="tour"),
    path("demo/sign-in/", views.demo_sign_in, name="demo_sign_in"),
    path("profile/", views.profile, name="profile"),
    path("profile/account/", views.account, name="account"),
    path("jobs/<uuid:guid>/", views.job, name="job"),
    path("jobs/<uuid:guid>/cancel/", views.job_cancel, name="job_cancel"),
    path("accounts/", include(account_urls)),
    path("language/", include("django.conf.urls.i18n")),
    path("collections/", include("biocollections.urls")),
    path("", include("occurrences.urls")),
]
