"""All REST addresses. urls.py includes this at ``api/``."""

from django.urls import include, path, re_path

from panewall_server.api_docs import DocsView, HotDoorView, RootView, SchemaView, UnknownView

urlpatterns = [
    path("docs", DocsView.as_view(), name="api-docs"),
    re_path(r"^(?:docs/|v1/?)?$", RootView.as_view()),
    path("v1/schema/", SchemaView.as_view(), name="api-schema"),
    path("v1/", include("apps.accounts.api.urls")),
    path("v1/", include("apps.archives.api.urls")),
    path("v1/", include("apps.runs.api.urls")),
    path("v1/", include("apps.media.api.pin_urls")),
    path("v1/", include("apps.media.api.urls")),
    path("v1/", include("apps.windows.api.urls")),
    path("v1/", include("apps.envs.api.urls")),
    path("v1/ingest", HotDoorView.as_view(served="POST")),
    path("v1/ingest/session/<str:session>", HotDoorView.as_view(served="GET")),
    path("v1/assets", HotDoorView.as_view(served="POST")),
    path("v1/events", HotDoorView.as_view(served="POST")),
    re_path(r"^[\s\S]*$", UnknownView.as_view()),
]
