from django.urls import path

from apps.envs.api import names, snapshots, views

urlpatterns = [
    path("workspaces", views.WorkspaceListView.as_view(), name="api-workspaces"),
    path("comparison-layout", views.ComparisonLayoutView.as_view(), name="api-comparison-layout"),
    path("links", views.AllLinksView.as_view(), name="api-all-links"),
    path("links/<int:id>", views.AnyLinkView.as_view(), name="api-any-link"),
    path("env-names", names.EnvNamesView.as_view(), name="api-env-names"),
    path("envs/<str:workspace>/<str:env>/layout", views.LayoutView.as_view(), name="api-layout"),
    path("envs/<str:workspace>/<str:env>/views", views.ViewListView.as_view(), name="api-views"),
    path("envs/<str:workspace>/<str:env>/views/<str:name>", views.ViewView.as_view(), name="api-view"),
    path("envs/<str:workspace>/<str:env>/links", views.LinkListView.as_view(), name="api-links"),
    path("envs/<str:workspace>/<str:env>/links/<int:id>", views.LinkView.as_view(), name="api-link"),
    path(
        "envs/<str:workspace>/<str:env>/snapshots", snapshots.SnapshotListView.as_view(), name="api-snapshots"
    ),
    path(
        "envs/<str:workspace>/<str:env>/snapshots/<int:id>",
        snapshots.SnapshotView.as_view(),
        name="api-snapshot",
    ),
    path(
        "envs/<str:workspace>/<str:env>/snapshots/<int:id>/restore",
        snapshots.SnapshotRestoreView.as_view(),
        name="api-snapshot-restore",
    ),
]
