"""Addresses of exports and imports."""

from django.urls import path

from apps.archives.api import views
from apps.windows.api.urls import ENV

urlpatterns = [
    path(f"{ENV}/export", views.ExportView.as_view(), name="api-export"),
    path("workspaces/<str:workspace>/imports", views.ImportView.as_view(), name="api-imports"),
]
