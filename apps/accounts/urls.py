"""Pages of accounts. Signing in and out, passwords and the list of sessions are allauth's.

Only these of its pages: the others send mail, or change the address that administrators gave an account.
"""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.generic import RedirectView

from apps.accounts import views

urlpatterns = [
    path("accounts/login/", allauth.login, name="account_login"),
    path("accounts/logout/", allauth.logout, name="account_logout"),
    path("accounts/inactive/", allauth.account_inactive, name="account_inactive"),
    path("accounts/signup/", allauth.signup, name="account_signup"),  # says that it is closed
    path("accounts/reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", allauth.password_change, name="account_change_password"),
    path("accounts/password/set/", allauth.password_set, name="account_set_password"),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("sign-in/<str:one_time>", views.sign_in, name="sign-in"),
    path("settings", login_required(RedirectView.as_view(pattern_name="tokens"))),
    path("settings/tokens", views.tokens_page, name="tokens"),
]
