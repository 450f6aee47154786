"""Addresses of pins, which belong to people and pages and to no single env."""

from django.urls import path

from apps.media.api.best import BestStepView
from apps.media.api.pins import BestStepPreferenceView, PinsView

urlpatterns = [
    path("pins", PinsView.as_view(), name="api-pins"),
    path("best-step", BestStepView.as_view(), name="api-best-step"),
    path("preferences/best-step", BestStepPreferenceView.as_view(), name="api-best-step-preference"),
]
