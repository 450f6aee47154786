"""REST: envs. Everything that changes one is a command of the write path, as it is for programs."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.paging import page_of, paginate
from apps.envs import access
from apps.envs.api.serializers import EnvOut
from apps.envs.api.views import EnvPart
from apps.envs.models import Env
from apps.errors import NotFound
from apps.windows import events
from apps.windows.api.commands import run
from apps.windows.api.serializers import EnvChangeIn, EnvIn, EnvListQuery, ForkIn, RestoreIn
from apps.windows.models import Window


class EnvListView(ApiView):
    """``/api/v1/envs``: the envs I may see, the last changed first."""

    tag = "envs"
    queries = {"GET": EnvListQuery}
    takes_idempotency_key = True

    @extend_schema(operation_id="list_envs", summary="The envs I may see", responses=page_of(EnvOut))
    def get(self, request: Request) -> Response:
        if self.query["deleted"]:
            envs = access.seen_by(self.principal, Env.objects.exclude(deleted_at=None))
        else:
            envs = access.visible_envs(self.principal)
        envs = narrowed(envs.select_related("workspace").order_by("-updated_at", "-id"), self.query)
        return Response(paginate(self, envs, EnvOut))

    @extend_schema(
        operation_id="create_env",
        summary="Make an env",
        description="200 when it was there: then config is merged and tags are added.",
        request=EnvIn,
        responses={200: EnvOut, 201: EnvOut},
    )
    def post(self, request: Request) -> Response:
        asked = self.body(EnvIn)
        name = asked.pop("name")
        home = asked.pop("workspace", None)
        if "/" in (home or ""):
            raise NotFound(f"There is no workspace {home!r} that you may see.")
        workspace, _ = access.split_name(self.principal, name if home is None else f"{home}/{name}")
        full_name = f"{workspace.name}/{name}"
        was_there = access.visible_envs(self.principal).filter(workspace=workspace, name=name).exists()
        run(self, "env.create", full_name, **asked)
        made = access.find_env(self.principal, full_name)
        return Response(
            EnvOut(made).data, status=status.HTTP_200_OK if was_there else status.HTTP_201_CREATED
        )


def narrowed(envs: Any, query: dict[str, Any]) -> Any:
    if workspace := query.get("workspace"):
        envs = envs.filter(workspace__name__iexact=workspace)
    if state := query.get("status"):
        envs = envs.filter(status=state)
    for word in query.get("search", "").split():
        envs = envs.filter(
            Q(name__icontains=word) | Q(workspace__name__icontains=word) | Q(tags__icontains=word)
        )
    return envs


class EnvView(EnvPart):
    """``/api/v1/envs/<workspace>/<env>``"""

    tag = "envs"
    takes_idempotency_key = True

    @extend_schema(operation_id="get_env", summary="One env", responses=EnvOut)
    def get(self, request: Request, workspace: str, env: str) -> Response:
        found = self.env()
        return self.unless_held(
            EnvOut(found).data, etag=f"{found.pk}-{found.revision}-{found.updated_at.timestamp()}"
        )

    @extend_schema(
        operation_id="change_env",
        summary="Rename an env, or change what is said of it",
        request=EnvChangeIn,
        responses=EnvOut,
    )
    def patch(self, request: Request, workspace: str, env: str) -> Response:
        asked = self.body(EnvChangeIn)
        if "name" in asked:
            run(self, "env.rename", self.full_name, to=asked["name"])
        else:
            run(self, "env.update", self.full_name, **asked)
        return Response(EnvOut(access.find_env(self.principal, f"{workspace}/{asked.get('name', env)}")).data)

    @extend_schema(
        operation_id="delete_env",
        summary="Delete an env",
        description="It can be restored until it is purged.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, workspace: str, env: str) -> Response:
        run(self, "env.delete", self.full_name)
        return Response(status=status.HTTP_204_NO_CONTENT)


class EnvForkView(EnvPart):
    """``…/fork``"""

    tag = "envs"
    takes_idempotency_key = True

    @extend_schema(
        operation_id="fork_env",
        summary="Copy an env under a new name",
        request=ForkIn,
        responses={201: EnvOut},
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        asked = self.body(ForkIn)
        to = f"{asked.get('workspace') or workspace}/{asked['to']}"
        run(self, "env.fork", self.full_name, to=to)
        return Response(EnvOut(access.find_env(self.principal, to)).data, status=status.HTTP_201_CREATED)


class EnvClearView(EnvPart):
    """``…/clear``"""

    tag = "envs"
    takes_idempotency_key = True

    @extend_schema(
        operation_id="clear_env",
        summary="Close all windows of an env",
        description="Each can be restored until it is purged.",
        request=None,
        responses=EnvOut,
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        self.nothing()
        found = self.env()
        keys = list(Window.objects.living().filter(env=found).values_list("key", flat=True))
        run(self, "env.clear", self.full_name)
        events.announce_closed(self.principal, found.pk, keys)
        return Response(EnvOut(self.env()).data)


class EnvRestoreView(EnvPart):
    """``…/restore``"""

    tag = "envs"
    takes_idempotency_key = True

    @extend_schema(
        operation_id="restore_env",
        summary="Undo the deletion of an env",
        description="Of several deleted ones of that name, the last comes back.",
        request=RestoreIn,
        responses=EnvOut,
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        asked = self.body(RestoreIn)
        run(self, "env.restore", self.full_name, **asked)
        return Response(EnvOut(access.find_env(self.principal, f"{workspace}/{asked.get('as', env)}")).data)
