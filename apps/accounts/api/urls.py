from django.urls import path

from apps.accounts.api import views

urlpatterns = [
    path("me", views.MeView.as_view(), name="api-me"),
    path("tokens", views.TokenListView.as_view(), name="api-tokens"),
    path("tokens/<int:id>", views.TokenView.as_view(), name="api-token"),
]
