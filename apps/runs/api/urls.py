from django.urls import path

from apps.runs.api import views

RUNS = "workspaces/<str:workspace>/runs"

urlpatterns = [
    path(f"{RUNS}/query", views.RunsQueryView.as_view(), name="api-runs-query"),
    path(f"{RUNS}/columns", views.RunsColumnsView.as_view(), name="api-runs-columns"),
    path(f"{RUNS}/stamp", views.RunsStampView.as_view(), name="api-runs-stamp"),
    path(f"{RUNS}/table", views.RunsTableView.as_view(), name="api-runs-table"),
]
