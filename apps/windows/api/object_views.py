"""REST: whole windows as the JSON objects that visdom has, read and written back."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.streams import stream
from apps.accounts.api.wire import JSONRenderer, LargeJSONParser, to_json
from apps.envs import access
from apps.envs.api.views import EnvPart
from apps.envs.models import Env
from apps.errors import Invalid, NotFound
from apps.windows import objects, selectors
from apps.windows.api.commands import run_all
from apps.windows.api.serializers import WindowOut, WindowQuery


class WindowObjectView(EnvPart):
    """``…/object?win=<key>``"""

    tag = "windows"
    queries = {"GET": WindowQuery, "PUT": WindowQuery}
    takes_idempotency_key = True
    parser_classes = [LargeJSONParser]

    @extend_schema(
        operation_id="get_window_object",
        summary="A window with all it shows, as visdom's object",
        description="One JSON map; points as lists, files as data URIs. What is read so can be written back.",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, workspace: str, env: str) -> Response:
        return Response(objects.window_object(selectors.get_window(self.env(), self.query["win"])))

    @extend_schema(
        operation_id="put_window_object",
        summary="Make a window what an object of visdom's says",
        description="All of it or nothing: what cannot be taken is refused, and the window stays as it was.",
        request=OpenApiTypes.OBJECT,
        responses=WindowOut,
    )
    def put(self, request: Request, workspace: str, env: str) -> Response:
        self.may_write()  # before files are stored
        if not isinstance(request.data, dict):
            raise Invalid("A window is a map.", fields={"": ["Must be a map."]})
        named = {**request.data, "id": self.query["win"]}
        run_all(self, objects.commands_from_object(self.full_name, named))
        return Response(WindowOut(selectors.get_window(self.env(), self.query["win"])).data)

    def may_write(self) -> None:
        """Return if a window can be put here: into an env that is there, or one that would be made."""
        try:
            self.env("edit")
        except NotFound:
            workspace, _ = access.split_name(self.principal, self.full_name)
            access.require(self.principal, "edit", workspace)


class EnvObjectsView(EnvPart):
    """``…/objects``"""

    tag = "windows"
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="list_window_objects",
        summary="All windows of an env as visdom's objects",
        description="One JSON map from key to object, in the order of the windows, sent while it is read.",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, workspace: str, env: str) -> StreamingHttpResponse:
        found = self.env()
        objects.check_env(found)
        return stream(request, parts(found), content_type=JSONRenderer.media_type)


def parts(env: Env) -> Iterator[bytes]:
    before = b"{"
    for key, found in objects.env_objects(env):
        yield before + to_json(key) + b":" + to_json(found)
        before = b","
    yield b"}" if before == b"," else b"{}"
