"""Every address of the site, assembled from the apps."""

from django.urls import include, path

from accounts.urls import allauth_urls
from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("tour/", views.tour, name="tour"),
    path("demo/sign-in/", views.demo_sign_in, name="demo_sign_in"),
    path("profile/", views.profile, name="profile"),
    path("profile/account/", views.account, name="account"),
    path("jobs/<uuid:guid>/", views.job, name="job"),
    path("jobs/<uuid:guid>/cancel/", views.job_cancel, name="job_cancel"),
    path("accounts/", include(allauth_urls)),
    path("", include("accounts.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("collections/", include("biocollections.urls")),
    path("taxa/", include("taxonomy.urls")),
    path("", include("occurrences.urls")),
]
