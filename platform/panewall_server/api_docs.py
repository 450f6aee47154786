"""The OpenAPI document, the page that shows it, and the answer for addresses under /api/ that do not exist."""

from functools import cache
from typing import Any, NoReturn

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.errors import NotFound


@cache
def document() -> dict[str, Any]:
    """The whole document. It is the same for everybody, so it is put together once in a process's life."""
    return SchemaGenerator().get_schema(request=None, public=True)


class SchemaView(SpectacularAPIView):
    """``/api/v1/schema/``: JSON, or YAML for who asks for it."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(document(), headers={"Cache-Control": "private, max-age=300"})


@method_decorator(login_required, name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """``/api/docs``: the document as a page to read and try. Its script is a file of its own, as the strict CSP wants."""

    url_name = "api-schema"
    template_name = "api/docs.html"


class UnknownView(ApiView):
    """An address under /api/ that does not exist: a program gets the one shape of errors, not a page."""

    schema = None

    def nowhere(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotFound(f"There is no address {request.path[:200]!r}. See /api/docs for those there are.")

    get = post = put = patch = delete = trace = nowhere
    options = nowhere  # type: ignore[assignment]  # Django types its own by name

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(ApiView, self).initial(request, *args, **kwargs)


class RootView(UnknownView):
    """Where people look for what there is: their browsers are led to the documentation."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        if "text/html" not in request.headers.get("Accept", ""):
            self.nowhere(request)
        return redirect("api-docs")


class HotDoorView(ApiView):
    """What is left for Django at an address that an ASGI application serves: methods it does not have."""

    schema = None
    served = ""

    @property
    def allowed_methods(self) -> list[str]:
        return [self.served]
