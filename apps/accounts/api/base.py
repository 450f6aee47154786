"""What every REST view shares: who asks, what was asked, and a refusal for what no address understands."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.accounts.api.fields import StrictSerializer
from apps.accounts.api.streams import has_large_array, stream_json
from apps.accounts.principals import Principal
from apps.errors import Invalid, NotFound, ReadOnly


class NoQuery(StrictSerializer):
    """An address that takes no parameters after the question mark."""


class NoBody(StrictSerializer):
    """An address that takes no body, or an empty one."""


class ApiView(APIView):
    """A door: it parses, finds, asks and answers. Domain errors pass through to the one handler."""

    queries: ClassVar[Mapping[str, type[StrictSerializer]]] = {}
    #: Its POST changes nothing: a question that is too long for an address.
    is_reading: ClassVar[bool] = False
    query: dict[str, Any]

    @property
    def principal(self) -> Principal:
        return cast(Principal, self.request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = request.method or ""
        if not hasattr(self, "get" if method == "HEAD" else method.lower()):
            return  # to be answered 405, whatever else is wrong with it
        if method not in SAFE_METHODS and not self.is_reading and settings.PANEWALL.readonly:
            raise ReadOnly("This server is read-only at the moment; nothing can be changed.")
        if any("\x00" in value for value in kwargs.values() if isinstance(value, str)):
            raise NotFound("No name contains a NUL character.")
        reader = self.queries.get("GET" if method == "HEAD" else method, NoQuery)
        query = reader(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        self.query = query.validated_data

    def body(self, serializer: type[BaseSerializer]) -> dict[str, Any]:
        """The request's body as this serializer reads it; no body at all counts as an empty one."""
        reader = serializer(data=self.request.data)
        reader.is_valid(raise_exception=True)
        return reader.validated_data

    def large(self, data: Any) -> Response | StreamingHttpResponse:
        """An answer that may hold large arrays: those are written as JSON in blocks, between which others have a turn."""
        if self.format == "json" and has_large_array(data):
            return stream_json(self.request, data)
        return Response(data)

    @property
    def allowed_methods(self) -> list[str]:
        return [method for method in super().allowed_methods if method != "OPTIONS"]

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        """What one caller may see is for no shared cache, and not for the browser's either."""
        response = super().finalize_response(*args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    @property
    def format(self) -> str:
        """What the answer is written in, by ``?format=`` or ``Accept``: json, msgpack, csv …"""
        return self.request.accepted_renderer.format

    def nothing(self) -> None:
        """Refuse a body where none is expected: it would mean something to its sender, and nothing here."""
        self.body(NoBody)

    @property
    def idempotency_key(self) -> str | None:
        """What makes a repeated write safe: the second one gets the first one's answer.

        The address, with the window it names, is part of it, so that a key used twice by mistake swallows no other write.
        """
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not 1 <= len(key) <= 200 or not (key.isascii() and key.isprintable()):
            reason = "1 to 200 printable ASCII characters."
            raise Invalid(f"The header Idempotency-Key takes {reason}", fields={"Idempotency-Key": [reason]})
        return f"{self.request.method} {self.request.get_full_path()} {key}"

    def unless_held(self, data: Any, *, etag: str) -> Response:
        """The answer, or 304 for somebody who already holds exactly this."""
        quoted = f'"{etag}"'
        headers = {"ETag": quoted, "Cache-Control": "private, no-cache"}
        held = {tag.removeprefix("W/") for tag in parse_etags(self.request.headers.get("If-None-Match", ""))}
        if held & {quoted, "*"}:
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(data, headers=headers)
