"""REST: the bytes of a file that an env shows."""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.accounts.api.wire import JSONRenderer
from apps.envs.api.views import EnvPart
from apps.media.renditions import NAMES, Served
from apps.media.views import find_asset, find_served, serve


class AnyType(BaseContentNegotiation):
    """A file is of the type it is of; only refusals are rendered, as JSON."""

    def select_parser(self, request: Request, parsers: Any) -> None:
        return None

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class AssetView(EnvPart):
    """``…/assets/<sha256>``"""

    tag = "windows"
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="get_asset",
        summary="The bytes of a file that the env shows",
        description="Answers `Range` and `If-None-Match`. Its name is its content, so it may be kept for ever.",
        responses={
            **{
                (status, kind): OpenApiTypes.BINARY
                for status in (200, 206)
                for kind in ("image/*", "audio/*", "video/*")
            },
            304: None,
            416: None,
        },
    )
    def get(self, request: Request, workspace: str, env: str, sha256: str) -> HttpResponseBase:
        return serve(request._request, Served.of(find_asset(self.principal, self.env().pk, sha256)))


class RenditionView(EnvPart):
    """``…/assets/<sha256>/<name>``"""

    tag = "windows"
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="get_rendition",
        summary="A file made from one that the env shows",
        description=(
            f"One of {', '.join(NAMES)}. Answers `Range` and `If-None-Match`. A smaller picture is made while you wait;"
            " what is made of sounds and videos is 404 (`not_ready`) until it is."
        ),
        responses={
            **{
                (status, kind): OpenApiTypes.BINARY
                for status in (200, 206)
                for kind in ("image/*", "audio/*", "video/*", "application/json")
            },
            304: None,
            416: None,
        },
    )
    def get(self, request: Request, workspace: str, env: str, sha256: str, name: str) -> HttpResponseBase:
        asset = find_asset(self.principal, self.env().pk, sha256)
        return serve(request._request, find_served(request._request, asset, name))
