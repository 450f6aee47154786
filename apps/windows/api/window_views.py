"""REST: the windows of an env."""

from django.db.models import Sum
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiTypes, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.paging import page_of, paginate
from apps.accounts.api.wire import JSONRenderer, MessagePackRenderer
from apps.envs.api.views import EnvPart
from apps.errors import NotFound
from apps.windows import deltas, events, selectors
from apps.windows.api.commands import run
from apps.windows.api.serializers import (
    WindowChangeIn,
    WindowDetailOut,
    WindowListQuery,
    WindowOut,
    WindowQuery,
    WindowRestoreIn,
)
from apps.windows.models import Tail, Window


class WindowListView(EnvPart):
    """``…/windows``"""

    tag = "windows"
    queries = {"GET": WindowListQuery}

    @extend_schema(
        operation_id="list_windows",
        summary="The windows of an env, in their order",
        responses=page_of(WindowOut),
    )
    def get(self, request: Request, workspace: str, env: str) -> Response:
        windows = Window.objects.filter(env=self.env(), deleted_at__isnull=not self.query["deleted"]).defer(
            "body"
        )
        if "win" in self.query:
            windows = windows.filter(key=self.query["win"])
        if "kind" in self.query:
            windows = windows.filter(kind=self.query["kind"])
        return Response(paginate(self, windows, WindowOut))


class WindowView(EnvPart):
    """``…/windows/<win>``: whatever the key, slashes in it are part of it."""

    tag = "windows"
    takes_idempotency_key = True
    renderer_classes = [JSONRenderer, MessagePackRenderer]

    @property
    def key(self) -> str:
        return self.kwargs["win"]

    @extend_schema(
        operation_id="get_window",
        summary="One window with its look",
        description=(
            "The points of its traces are at `…/traces/<index>/data?win=<key>`. As `application/msgpack`, arrays of numbers "
            "come as `{dtype, bdata}`."
        ),
        responses={
            (200, "application/json"): WindowDetailOut,
            (200, "application/msgpack"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, workspace: str, env: str, win: str = "") -> HttpResponseBase:
        return self.large(detail(selectors.get_window(self.env(), self.key)))

    @extend_schema(
        operation_id="change_window",
        summary="Change the look of a window",
        description="`opts` and `layout` are merged key by key; null removes a key.",
        request=WindowChangeIn,
        responses=WindowDetailOut,
    )
    def patch(self, request: Request, workspace: str, env: str, win: str = "") -> Response:
        run(self, "window.update", self.full_name, win=self.key, **self.body(WindowChangeIn))
        return Response(detail(selectors.get_window(self.env(), self.key)))

    @extend_schema(
        operation_id="close_window",
        summary="Close a window",
        description="It can be restored, by its id, until it is purged. Programs that listen hear of it if a person did it.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, workspace: str, env: str, win: str = "") -> Response:
        found = self.env()
        if self.idempotency_key is None:  # with one, this may be a retry of what has closed it
            selectors.get_window(found, self.key)
        run(self, "window.close", self.full_name, win=self.key)
        events.announce_closed(self.principal, found.pk, [self.key])
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema_view(
    get=extend_schema(operation_id="get_window_of_key"),
    patch=extend_schema(operation_id="change_window_of_key"),
    delete=extend_schema(operation_id="close_window_of_key"),
)
class WindowOfKeyView(WindowView):
    """``…/window?win=<key>``: the same for keys that no path can hold, such as ``..``, and the empty one."""

    queries = {"GET": WindowQuery, "PATCH": WindowQuery, "DELETE": WindowQuery}

    @property
    def key(self) -> str:
        return self.query["win"]


class WindowRestoreView(EnvPart):
    """``…/closed-windows/<id>/restore``: by id, because several windows of one key may have been closed."""

    tag = "windows"
    takes_idempotency_key = True

    @extend_schema(
        operation_id="restore_window",
        summary="Undo the closing of a window",
        request=WindowRestoreIn,
        responses=WindowOut,
    )
    def post(self, request: Request, workspace: str, env: str, id: int) -> Response:
        asked = self.body(WindowRestoreIn)
        run(self, "window.restore", self.full_name, id=id, **asked)
        window = Window.objects.living().filter(env=self.env(), pk=id).first()
        if window is None:
            raise NotFound(f"The window {id} was closed again at once.")
        return Response(WindowOut(window).data)


def detail(window: Window) -> dict:
    """All there is to know of a window but its points. Arrays stay arrays: the renderer decides how to write them."""
    shown = {**WindowOut(window).data, **selectors.window_dict(window)}
    if look_up := deltas.contents.get(window.kind):
        shown["content"] = look_up([window.pk], "default").get(window.pk)
    unsealed = (
        Tail.objects.filter(trace__window=window).order_by().values_list("trace").annotate(Sum("count"))
    )
    counts = dict(unsealed)
    for trace, row in zip(window.traces.all(), shown["traces"], strict=True):
        row["count"] = trace.sealed + counts.get(trace.pk, 0)
    return shown
