"""REST: the points of a trace, exact or thinned, as JSON, MessagePack or CSV."""

from typing import Any
from urllib.parse import quote

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.accounts.api.streams import stream
from apps.accounts.api.wire import JSONRenderer, MessagePackRenderer, as_json_error
from apps.envs.api.views import EnvPart
from apps.errors import NotFound
from apps.windows import selectors
from apps.windows.api.serializers import TraceDataOut, TraceDataQuery
from apps.windows.api.tables import csv_blocks
from apps.windows.models import Trace


class CSVRenderer(BaseRenderer):
    """Chosen by negotiation. The view itself streams the lines, so all that comes here is a refusal."""

    media_type = "text/csv"
    format = "csv"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return as_json_error(data, renderer_context["response"])


class TraceDataView(EnvPart):
    """``…/traces/<index>/data?win=<key>``"""

    tag = "windows"
    queries = {"GET": TraceDataQuery}
    renderer_classes = [JSONRenderer, MessagePackRenderer, CSVRenderer]

    @extend_schema(
        operation_id="get_trace_data",
        summary="The points of a trace",
        description=(
            "Without `width` exact. With `width`, lines whose x never falls are thinned so that every bucket keeps its lowest and "
            "highest point and its gaps. A range (`x0`, `x1`) takes one point more at either side, so that a line "
            "reaches the edge; it needs x that never falls.\n\n"
            "MessagePack has the same map, each column as `{dtype, bdata}` (little-endian bytes) with NaN and infinities kept. "
            "CSV has a header line, an empty cell for a gap, and `inf` and `-inf`."
        ),
        responses={
            (200, "application/json"): TraceDataOut,
            (200, "application/msgpack"): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, workspace: str, env: str, index: int) -> HttpResponseBase:
        win = self.query["win"]
        window = selectors.get_window(self.env(), win)
        trace = Trace.objects.filter(window=window, index=index).first()
        if trace is None:
            raise NotFound(f"The window {win[:100]!r} has no trace {index}.")
        data = selectors.read_trace(
            trace, x0=self.query.get("x0"), x1=self.query.get("x1"), width_px=self.query.get("width")
        )
        if self.format == "csv":
            return self.table(data.columns, name=f"{win}-{trace.name or index}")
        return self.large(
            {
                "name": trace.name,
                "index": trace.index,
                "generation": trace.generation,
                "count": data.count,
                "start": data.start,
                "stop": data.stop,
                "bucket": data.bucket,
                "positions": data.positions,
                "columns": data.columns,
                "note": data.note,
            }
        )

    def table(self, columns: dict[str, Any], *, name: str) -> StreamingHttpResponse:
        response = stream(self.request, csv_blocks(columns), content_type="text/csv; charset=utf-8")
        file = quote(f"{name[:100]}.csv", safe="")
        response["Content-Disposition"] = f"attachment; filename=\"points.csv\"; filename*=UTF-8''{file}"
        return response
