"""Django's addresses. The hot ones are in door.py."""

from django.contrib import admin
from django.urls import include, path

from apps.media.views import asset
from apps.windows.documents import document

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("panewall_server.api_urls")),
    path("f/<int:env_id>/assets/<str:sha256>", asset, name="asset"),
    path("f/<int:env_id>/assets/<str:sha256>/<str:name>", asset, name="rendition"),
    path("f/<int:env_id>/doc/<str:signed>", document, name="document"),
    path("s/<str:link>/assets/<str:sha256>", asset, name="shared-asset"),
    path("s/<str:link>/assets/<str:sha256>/<str:name>", asset, name="shared-rendition"),
    path("s/<str:link>/doc/<str:signed>", document, name="shared-document"),
    path("s/<str:link>/f/<int:env_id>/assets/<str:sha256>", asset, name="compared-asset"),
    path("s/<str:link>/f/<int:env_id>/assets/<str:sha256>/<str:name>", asset, name="compared-rendition"),
    path("s/<str:link>/f/<int:env_id>/doc/<str:signed>", document, name="compared-document"),
    path("", include("apps.accounts.urls")),
    path("", include("apps.runs.urls")),
    path("", include("apps.envs.urls")),
]

handler400 = "apps.accounts.refusals.bad_request"
handler403 = "apps.accounts.refusals.forbidden"
handler404 = "apps.accounts.refusals.not_found"
handler500 = "apps.accounts.refusals.server_error"
