from django.urls import path

from apps.media.api.last_step import LastStepView
from apps.media.api.samples import SampleListView
from apps.media.api.views import AssetView, RenditionView
from apps.media.views import waits
from apps.windows.api.urls import ENV

urlpatterns = [
    path(f"{ENV}/last-step", LastStepView.as_view(), name="api-last-step"),
    path(f"{ENV}/assets/<str:sha256>", AssetView.as_view(), name="api-asset"),
    path(f"{ENV}/assets/<str:sha256>/<str:name>", waits(RenditionView.as_view()), name="api-rendition"),
    path(f"{ENV}/samples", SampleListView.as_view(), name="api-samples"),
]
