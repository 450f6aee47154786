"""REST: the names of all envs at once, for trees and lists that hold thousands of them."""

import hashlib

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.envs import access
from apps.envs.models import Env

MOST = 10_000


class EnvNameOut(serializers.Serializer):
    """What a list shows of an env."""

    workspace = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Env.Status.choices)
    colour = serializers.IntegerField(
        allow_null=True, min_value=0, max_value=9, help_text="one of the ten, where somebody chose it"
    )
    updated_at = serializers.DateTimeField()


class EnvNamesOut(serializers.Serializer):
    """The envs last changed, and how many there are in all."""

    count = serializers.IntegerField(min_value=0)
    results = EnvNameOut(many=True)


class EnvNamesView(ApiView):
    """``/api/v1/env-names``"""

    tag = "envs"

    @extend_schema(
        operation_id="list_env_names",
        summary="The names of the envs I may see, the last changed first",
        description=f"Not in pages; at most {MOST:,}, and the count says how many there are.",
        responses=EnvNamesOut,
    )
    def get(self, request: Request) -> Response:
        envs = access.visible_envs(self.principal).order_by("-updated_at", "-id")
        columns = ("workspace__name", "name", "status", "colour", "updated_at")
        rows = list(envs.values_list(*columns)[: MOST + 1])
        count = len(rows) if len(rows) <= MOST else envs.count()
        rows = rows[:MOST]
        data = {
            "count": count,
            "results": [
                {
                    "workspace": workspace,
                    "name": name,
                    "status": status,
                    "colour": colour,
                    "updated_at": changed.isoformat(),
                }
                for workspace, name, status, colour, changed in rows
            ],
        }
        etag = hashlib.sha256(repr((count, rows)).encode()).hexdigest()[:32]
        return self.unless_held(data, etag=etag)
