"""Pages of envs. ``/s/<link>/…`` passes ``ShareLinkMiddleware`` first."""

from django.urls import path

from apps.envs import views

urlpatterns = [
    path("", views.home, name="home"),
    path("w/<str:workspace>/env/<str:name>", views.env_page, name="env"),
    path("env/<str:name>", views.env_redirect, name="env-redirect"),
    path("compare", views.compare_page, name="compare"),
    path("compare/<path:names>", views.compare_redirect, name="compare-redirect"),
    path("s/<str:link>/", views.share_page, name="share"),
    path("settings/links", views.links_page, name="links"),
]
