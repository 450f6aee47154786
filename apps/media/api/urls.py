from django.urls import path

from apps.media.api.views import AssetView

urlpatterns = [
    path("envs/<str:workspace>/<str:env>/assets/<str:sha256>", AssetView.as_view(), name="api-asset")
]
