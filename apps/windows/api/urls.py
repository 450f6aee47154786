from django.urls import path, register_converter
from django.urls.converters import StringConverter

from apps.windows.api import embeddings_views, env_views, object_views, trace_views, undo, window_views


class KeyConverter(StringConverter):
    """A window's key: any text, slashes and line breaks too (servers decode ``%2F`` before Django sees it)."""

    regex = r"[\s\S]+"


register_converter(KeyConverter, "key")

ENV = "envs/<str:workspace>/<str:env>"

# A key is any text, and ``windows/<key>`` takes all of the path: nothing else may lie below it. What belongs to a window has
# an address beside it, which takes the key as ``?win=``.
urlpatterns = [
    path("envs", env_views.EnvListView.as_view(), name="api-envs"),
    path(ENV, env_views.EnvView.as_view(), name="api-env"),
    path(f"{ENV}/fork", env_views.EnvForkView.as_view(), name="api-env-fork"),
    path(f"{ENV}/clear", env_views.EnvClearView.as_view(), name="api-env-clear"),
    path(f"{ENV}/restore", env_views.EnvRestoreView.as_view(), name="api-env-restore"),
    path(f"{ENV}/windows", window_views.WindowListView.as_view(), name="api-windows"),
    path(f"{ENV}/windows/<key:win>", window_views.WindowView.as_view(), name="api-window"),
    path(f"{ENV}/window", window_views.WindowOfKeyView.as_view(), name="api-window-of-key"),
    path(f"{ENV}/closed-windows/restore", undo.WindowsRestoreView.as_view(), name="api-windows-restore"),
    path(
        f"{ENV}/closed-windows/<int:id>/restore",
        window_views.WindowRestoreView.as_view(),
        name="api-window-restore",
    ),
    path(f"{ENV}/traces/<int:index>/data", trace_views.TraceDataView.as_view(), name="api-trace-data"),
    path(f"{ENV}/objects", object_views.EnvObjectsView.as_view(), name="api-objects"),
    path(f"{ENV}/object", object_views.WindowObjectView.as_view(), name="api-window-object"),
    path(f"{ENV}/embeddings/back", embeddings_views.EmbeddingsBackView.as_view(), name="api-embeddings-back"),
]
