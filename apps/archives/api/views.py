"""REST: an env as a file, an env from a file, and a window as a file."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.fields import Choice, StrictSerializer, Text
from apps.accounts.api.persons import require_person
from apps.accounts.api.streams import stream
from apps.accounts.api.wire import JSONRenderer
from apps.accounts.models import Workspace
from apps.archives import exporting, pages, uploads
from apps.envs import access
from apps.envs.api.views import EnvPart
from apps.errors import Invalid, NotFound
from apps.jobs.models import Job
from apps.media.api.views import AnyType
from apps.windows import selectors
from apps.windows.api.serializers import KEY_MAX

#: The first of each is what one gets who asks for none.
ENV_FORMATS = ["panewall", "visdom"]
WINDOW_FORMATS = ["html", "json", "csv"]


class ExportQuery(StrictSerializer):
    win = Text(
        max_length=KEY_MAX,
        required=False,
        allow_blank=True,
        help_text="key of the one window that is wanted; without it the whole env",
    )
    format = Choice(
        [*ENV_FORMATS, *WINDOW_FORMATS],
        required=False,
        help_text=(
            "of an env `panewall` (a zip with everything, to import again) or `visdom` (one JSON file as visdom saves it); "
            "of a window `html` (a page that works by itself), `json` (as visdom has it) or `csv` (the points)"
        ),
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        what, fitting = ("a window", WINDOW_FORMATS) if "win" in attrs else ("an env", ENV_FORMATS)
        if attrs.setdefault("format", fitting[0]) not in fitting:
            reason = f"Not a form of {what}. Allowed: {', '.join(fitting)}."
            raise serializers.ValidationError({"format": [reason]})
        return attrs


class ExportView(EnvPart):
    """``…/export``, and ``…/export?win=<key>``"""

    tag = "archives"
    queries = {"GET": ExportQuery}
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="export",
        summary="An env, or one window of it, as one file",
        description=(
            "As it is at the moment of asking, however large, streamed. With `format=panewall` a zip that "
            "`POST /workspaces/{workspace}/imports` takes; your own layout of the env is in it. With `format=visdom` what "
            "a visdom server keeps in `~/.visdom`.\n\n"
            "With `win` one window: `html` (plots and metrics) is a page that shows the figure by itself, with plotly.js in it: "
            "zoom, hover and legend work without any server. `csv` has a line for each point."
        ),
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/html"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, workspace: str, env: str) -> HttpResponseBase:
        found = self.env()
        kind = self.query["format"]
        if "win" in self.query:
            window = selectors.get_window(found, self.query["win"])
            content_type, parts = pages.makers[kind](window)
            return download(request, parts, content_type, f"{window.title or window.key or 'window'}.{kind}")
        form = exporting.forms[kind]
        user_id = None if self.principal.kind == "link" else self.principal.user_id
        following = exporting.Following(found, form=kind, user_id=user_id)
        return download(request, following.parts(), form.content_type, f"{found.name}.{form.ending}")


class ZipParser(BaseParser):
    """The body as it comes, whatever it says it is; the archive's own checks decide."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


class ImportQuery(StrictSerializer):
    name = Text(
        max_length=300, default="", allow_blank=True, help_text="of the new env; without one, as it was"
    )


class ImportJobOut(serializers.Serializer):
    """The piece of work that brings the env in; its state is at `/jobs/{id}`."""

    job = serializers.IntegerField(source="pk")
    state = serializers.ChoiceField(choices=Job.State.choices)


class ImportView(ApiView):
    """``/api/v1/workspaces/<workspace>/imports``"""

    tag = "archives"
    queries = {"POST": ImportQuery}
    parser_classes = [ZipParser]

    @extend_schema(
        operation_id="import_archive",
        summary="Make an env of an archive",
        description="The body is the zip that `export` gave, whatever its type is said to be. What it holds is checked and written in the background.",
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: ImportJobOut},
    )
    def post(self, request: Request, workspace: str) -> Response:
        home: Workspace | None = access.visible_workspaces(self.principal).filter(name=workspace).first()
        if home is None:
            raise NotFound(f"There is no workspace {workspace[:150]!r} that you may see.")
        access.require(self.principal, "edit", home)
        require_person(self.principal)
        body: Any = request.data
        if not hasattr(body, "read"):
            raise Invalid("Send the archive as the body.", code="no_archive")
        job = uploads.take(body, principal=self.principal, workspace=home, name=self.query["name"])
        return Response(ImportJobOut(job).data, status=status.HTTP_202_ACCEPTED)


def download(request: Request, parts: Iterator[bytes], content_type: str, name: str) -> HttpResponseBase:
    """A file to keep. Whatever is in it, no browser runs it as a page of this server."""
    response = stream(request, parts, content_type=content_type)
    ending = name.rpartition(".")[2]
    response["Content-Disposition"] = (
        f"attachment; filename=\"panewall.{ending}\"; filename*=UTF-8''{quote(name[-150:], safe='')}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = pages.POLICY
    response._csp_exempt = True  # type: ignore[attr-defined]  # the site's own policy must not be added to this one
    return response
