"""Pages of accounts. allauth brings signing in and out, passwords and the list of sessions."""

from django.urls import include, path

from apps.accounts import views

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("sign-in/<str:one_time>", views.sign_in, name="sign-in"),
    path("settings/tokens", views.tokens_page, name="tokens"),
]
