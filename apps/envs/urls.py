"""Pages of envs. ``/s/<link>/…`` passes ``ShareLinkMiddleware`` first."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView

from apps.envs import styles, views

to_home = login_required(RedirectView.as_view(pattern_name="home"))

urlpatterns = [
    path("", views.home, name="home"),
    path("w/<str:workspace>/env/<str:name>", views.env_page, name="env"),
    path("w/<str:workspace>/style.css", styles.style_sheet, name="style"),
    path("s/<str:link>/style.css", styles.shared_style_sheet, name="shared-style"),
    path("settings/style", styles.style_page, name="style-settings"),
    path("w", to_home),
    path("env", to_home),
    path("env/<str:name>", views.env_redirect, name="env-redirect"),
    path("compare", views.compare_page, name="compare"),
    path("compare/<path:names>", views.compare_redirect, name="compare-redirect"),
    path("s/<str:link>/", views.share_page, name="share"),
    path("settings/links", views.links_page, name="links"),
]
