"""REST: where a run that is taken up again goes on counting."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.envs.api.views import EnvPart
from apps.media.last_step import last_step


class LastStepOut(serializers.Serializer):
    """How far a run has come."""

    step = serializers.IntegerField(allow_null=True, help_text="null: nothing has a step")


class LastStepView(EnvPart):
    """``…/last-step``"""

    tag = "envs"

    @extend_schema(
        operation_id="get_last_step",
        summary="The last step of an env's metrics and samples",
        description="Metrics named `sys/…` do not count: their steps are seconds.",
        responses=LastStepOut,
    )
    def get(self, request: Request, workspace: str, env: str) -> Response:
        return Response({"step": last_step(self.env())})
