"""REST: the undo of what closes many windows at once."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.fields import StrictSerializer, Whole
from apps.envs.api.views import EnvPart
from apps.windows.write import write

MOST = 10_000


class WindowsRestoreIn(StrictSerializer):
    """Windows to open again, by their ids."""

    ids = serializers.ListField(child=Whole(min_value=1, max_value=2**53), min_length=1, max_length=MOST)


class WindowsRestoreOut(serializers.Serializer):
    """What came of it. A window is refused where its key was taken since, or where it was purged."""

    restored = serializers.IntegerField(min_value=0)
    refused = serializers.DictField(child=serializers.DictField(), help_text="id → error")


class WindowsRestoreView(EnvPart):
    """``…/closed-windows/restore``"""

    tag = "windows"
    takes_idempotency_key = True

    @extend_schema(
        operation_id="restore_windows",
        summary="Undo the closing of several windows",
        request=WindowsRestoreIn,
        responses=WindowsRestoreOut,
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        self.env("edit")
        ids = list(dict.fromkeys(self.body(WindowsRestoreIn)["ids"]))
        commands = [{"do": "window.restore", "env": self.full_name, "id": id} for id in ids]
        errors = write(self.principal, commands, idempotency_key=self.idempotency_key)
        refused = {str(id): error for id, error in zip(ids, errors, strict=True) if error}
        return Response({"restored": len(ids) - len(refused), "refused": refused})
