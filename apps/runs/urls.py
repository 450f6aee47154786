"""The page of the runs table, which is what a workspace has to show."""

from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView

from apps.runs import views

to_runs = login_required(RedirectView.as_view(pattern_name="runs"))

urlpatterns = [
    path("runs", views.own_runs),
    path("w/<str:workspace>", to_runs),
    path("w/<str:workspace>/env", to_runs),
    path("w/<str:workspace>/runs", views.runs_page, name="runs"),
]
