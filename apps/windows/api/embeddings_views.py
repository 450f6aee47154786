"""REST: coming back from a part of an embeddings window, as a person does on its pane."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.envs.api.views import EnvPart
from apps.windows import selectors
from apps.windows.api.commands import run
from apps.windows.api.serializers import WindowQuery


class EmbeddingsBackView(EnvPart):
    """``…/embeddings/back?win=<key>``"""

    tag = "windows"
    queries = {"POST": WindowQuery}
    takes_idempotency_key = True

    @extend_schema(
        operation_id="embeddings_back",
        summary="Show the points that an embeddings window showed before",
        description="One level up; at the top nothing happens.",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        if self.idempotency_key is None:
            selectors.get_window(self.env(), self.query["win"])
        run(self, "embeddings.back", self.full_name, win=self.query["win"])
        return Response(status=status.HTTP_204_NO_CONTENT)
