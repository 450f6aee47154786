"""The page of the runs table."""

from django.urls import path

from apps.runs import views

urlpatterns = [path("w/<str:workspace>/runs", views.runs_page, name="runs")]
