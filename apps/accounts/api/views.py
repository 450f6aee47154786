"""REST: who am I, and my tokens."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import tokens
from apps.accounts.api.base import ApiView
from apps.accounts.api.paging import PageQuery, page_of, paginate
from apps.accounts.api.persons import person, require_full_rights
from apps.accounts.api.serializers import MeOut, TokenIn, TokenMadeOut, TokenOut
from apps.accounts.models import ApiToken, Workspace
from apps.errors import NotFound


class MeView(ApiView):
    """``/api/v1/me``"""

    tag = "you"

    @extend_schema(operation_id="get_me", summary="Who am I?", responses=MeOut)
    def get(self, request: Request) -> Response:
        me = self.principal
        workspace = None
        if me.workspace_id is not None:
            workspace = Workspace.objects.filter(pk=me.workspace_id).values_list("name", flat=True).first()
        data = {
            "kind": me.kind,
            "username": me.username,
            "scope": me.scope,
            "workspace": workspace,
            "is_superuser": me.is_superuser,
            "read_only": settings.PANEWALL.readonly,
        }
        return Response(MeOut(data).data)


class TokenListView(ApiView):
    """``/api/v1/tokens``: my tokens, the newest first."""

    tag = "tokens"
    queries = {"GET": PageQuery}

    def get_throttles(self) -> list:
        if self.request.method == "POST":
            self.throttle_limit = "secrets_per_minute"
        return super().get_throttles()

    @extend_schema(operation_id="list_tokens", summary="My tokens", responses=page_of(TokenOut))
    def get(self, request: Request) -> Response:
        require_full_rights(self.principal)
        mine = ApiToken.objects.filter(user_id=self.principal.user_id).select_related("workspace")
        return Response(paginate(self, mine, TokenOut))

    @extend_schema(
        operation_id="create_token",
        summary="Make a token",
        description="The secret is in this answer and never shown again.",
        request=TokenIn,
        responses={201: TokenMadeOut},
    )
    def post(self, request: Request) -> Response:
        require_full_rights(self.principal)
        asked = self.body(TokenIn)
        owner = person(self.principal)
        workspace = None
        if asked["workspace"] is not None:
            workspace = my_workspace(owner.pk, asked["workspace"], sees_all=self.principal.is_superuser)
        token, raw = tokens.create_token(
            user=owner,
            name=asked["name"],
            scope=asked["scope"],
            workspace=workspace,
            expires_at=asked["expires_at"],
        )
        token.token = raw  # type: ignore[attr-defined]  # rides along into this one answer
        made = TokenMadeOut(token).data
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class TokenView(ApiView):
    """``/api/v1/tokens/<id>``"""

    tag = "tokens"

    @extend_schema(
        operation_id="revoke_token",
        summary="Revoke a token",
        description="It stops working within a second, and stays in the list as revoked.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, id: int) -> Response:
        require_full_rights(self.principal)
        token = ApiToken.objects.filter(user_id=self.principal.user_id, pk=id).first()
        if token is None:
            raise NotFound(f"You have no token {id}.")
        tokens.revoke_token(token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)


def my_workspace(user_id: int, name: str, *, sees_all: bool) -> Workspace:
    """A workspace to narrow a token to. One that is not mine looks like one that does not exist."""
    workspaces = Workspace.objects.filter(name__iexact=name)
    if not sees_all:
        workspaces = workspaces.of_member(user_id)
    workspace = workspaces.first()
    if workspace is None:
        reason = f"There is no workspace {name!r} that you may see."
        raise NotFound(reason, fields={"workspace": [reason]})
    return workspace
