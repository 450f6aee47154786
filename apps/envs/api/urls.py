from django.urls import path

from apps.envs.api import views

urlpatterns = [
    path("workspaces", views.WorkspaceListView.as_view(), name="api-workspaces"),
    path("envs/<str:workspace>/<str:env>/layout", views.LayoutView.as_view(), name="api-layout"),
    path("envs/<str:workspace>/<str:env>/views", views.ViewListView.as_view(), name="api-views"),
    path("envs/<str:workspace>/<str:env>/views/<str:name>", views.ViewView.as_view(), name="api-view"),
    path("envs/<str:workspace>/<str:env>/links", views.LinkListView.as_view(), name="api-links"),
    path("envs/<str:workspace>/<str:env>/links/<int:id>", views.LinkView.as_view(), name="api-link"),
]
