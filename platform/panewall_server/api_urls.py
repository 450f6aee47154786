"""All REST addresses. urls.py includes this at the root."""

from django.urls import include, path, re_path

from panewall_server.api_docs import DocsView, SchemaView, UnknownView

urlpatterns = [
    path("api/docs", DocsView.as_view(), name="api-docs"),
    path("api/v1/schema/", SchemaView.as_view(), name="api-schema"),
    path("api/v1/", include("apps.accounts.api.urls")),
    path("api/v1/", include("apps.windows.api.urls")),
    path("api/v1/", include("apps.envs.api.urls")),
    re_path(r"^api/[\s\S]*$", UnknownView.as_view()),
]
