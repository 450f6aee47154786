"""REST: workspaces, and what people keep beside an env: their own layout, saved views, share links."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.paging import PageQuery, page_of, paginate
from apps.accounts.api.persons import person, require_person, require_writing
from apps.accounts.models import Membership, Role
from apps.envs import access, arrangements, links
from apps.envs.api.pages import EnvsQuery, PageDoor
from apps.envs.api.serializers import (
    LayoutIn,
    LayoutOut,
    LinkIn,
    LinkMadeOut,
    LinkOut,
    ViewIn,
    ViewOut,
    ViewStateIn,
    WorkspaceOut,
)
from apps.envs.models import Env, ShareLink, View
from apps.errors import Forbidden, Invalid, NotFound

NO_LAYOUT: dict[str, Any] = {"layout": {}, "looks": {}, "updated_at": None}


class WorkspaceListView(ApiView):
    """``/api/v1/workspaces``"""

    tag = "you"
    queries = {"GET": PageQuery}

    @extend_schema(
        operation_id="list_workspaces", summary="The workspaces I may see", responses=page_of(WorkspaceOut)
    )
    def get(self, request: Request) -> Response:
        me = self.principal
        mine = Membership.objects.filter(workspace=OuterRef("pk"), user_id=me.user_id).values("role")[:1]
        workspaces = access.visible_workspaces(me).annotate(own_role=Subquery(mine))
        return Response(paginate(self, workspaces, WorkspaceOut, principal=me))


class EnvPart(ApiView):
    """A door below ``/api/v1/envs/<workspace>/<env>/``."""

    @property
    def full_name(self) -> str:
        return f"{self.kwargs['workspace']}/{self.kwargs['env']}"

    def env(self, verb: access.Verb = "view") -> Env:
        return access.find_env(self.principal, self.full_name, verb=verb)


class LayoutView(EnvPart):
    """``…/layout``: where I keep the panes. Mine alone, so whoever may look may arrange."""

    tag = "arrangements"

    @extend_schema(operation_id="get_layout", summary="My layout of an env", responses=LayoutOut)
    def get(self, request: Request, workspace: str, env: str) -> Response:
        found = self.env()
        require_person(self.principal)
        kept = arrangements.get_layout(env=found, user_id=self.principal.user_id)
        return Response(LayoutOut(kept).data if kept else NO_LAYOUT)

    @extend_schema(
        operation_id="put_layout", summary="Keep my layout of an env", request=LayoutIn, responses=LayoutOut
    )
    def put(self, request: Request, workspace: str, env: str) -> Response:
        found = self.env()
        require_writing(self.principal)
        kept = arrangements.save_layout(env=found, user_id=self.principal.user_id, **self.body(LayoutIn))
        return Response(LayoutOut(kept).data)


class ComparisonLayoutView(PageDoor):
    """``/api/v1/comparison-layout?env=…&env=…``: the same for several envs, in any order."""

    queries = {"GET": EnvsQuery, "PUT": EnvsQuery}

    @extend_schema(
        operation_id="get_comparison_layout",
        summary="My layout of a comparison of these envs",
        responses=LayoutOut,
    )
    def get(self, request: Request) -> Response:
        require_person(self.principal)
        kept = arrangements.get_page(envs=self.envs_seen(), user_id=self.principal.user_id)
        return Response(LayoutOut(kept).data if kept else NO_LAYOUT)

    @extend_schema(
        operation_id="put_comparison_layout",
        summary="Keep my layout of a comparison of these envs",
        request=LayoutIn,
        responses=LayoutOut,
    )
    def put(self, request: Request) -> Response:
        require_writing(self.principal)
        kept = arrangements.save_page(
            envs=self.envs_seen(), user_id=self.principal.user_id, **self.body(LayoutIn)
        )
        return Response(LayoutOut(kept).data)


class ViewDoor(EnvPart):
    """What the doors of saved views share."""

    tag = "arrangements"

    def shown(self, view: View) -> dict:
        return ViewOut(view, context={"principal": self.principal}).data


class ViewListView(ViewDoor):
    """``…/views``"""

    queries = {"GET": PageQuery}

    @extend_schema(operation_id="list_views", summary="The saved views of an env", responses=page_of(ViewOut))
    def get(self, request: Request, workspace: str, env: str) -> Response:
        views = View.objects.filter(env=self.env()).select_related("created_by")
        return Response(paginate(self, views, ViewOut, principal=self.principal))

    @extend_schema(
        operation_id="create_view",
        summary="Save a view under a new name",
        request=ViewIn,
        responses={201: ViewOut},
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        found = self.env("edit")
        view = arrangements.create_view(env=found, created_by=person(self.principal), **self.body(ViewIn))
        return Response(self.shown(view), status=status.HTTP_201_CREATED)


class ViewView(ViewDoor):
    """``…/views/<name>``"""

    @extend_schema(operation_id="get_view", summary="One saved view", responses=ViewOut)
    def get(self, request: Request, workspace: str, env: str, name: str) -> Response:
        view = arrangements.get_view(env=self.env(), name=name)
        return self.unless_held(self.shown(view), etag=f"{view.pk}-{view.updated_at.timestamp()}")

    @extend_schema(
        operation_id="put_view",
        summary="Save a view, over a former one of that name",
        request=ViewStateIn,
        responses={200: ViewOut, 201: ViewOut},
    )
    def put(self, request: Request, workspace: str, env: str, name: str) -> Response:
        found = self.env("edit")
        asked = ViewIn(data={"name": name, **as_map(request.data)})
        asked.is_valid(raise_exception=True)
        view, is_new = arrangements.save_view(
            env=found, created_by=person(self.principal), **asked.validated_data
        )
        return Response(self.shown(view), status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(operation_id="delete_view", summary="Delete a view", request=None, responses={204: None})
    def delete(self, request: Request, workspace: str, env: str, name: str) -> Response:
        arrangements.delete_view(view=arrangements.get_view(env=self.env("edit"), name=name))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LinkListView(EnvPart):
    """``…/links``"""

    tag = "links"
    queries = {"GET": PageQuery}

    def get_throttles(self) -> list:
        if self.request.method == "POST":
            self.throttle_limit = "secrets_per_minute"
        return super().get_throttles()

    @extend_schema(operation_id="list_links", summary="The share links of an env", responses=page_of(LinkOut))
    def get(self, request: Request, workspace: str, env: str) -> Response:
        shared = ShareLink.objects.filter(env=self.env_to_share()).select_related("created_by")
        return Response(paginate(self, shared, LinkOut))

    @extend_schema(
        operation_id="create_link",
        summary="Make a public, read-only address of an env",
        description="The address is in this answer and never shown again.",
        request=LinkIn,
        responses={201: LinkMadeOut},
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        found = self.env("manage")
        link, raw = links.create_link(env=found, created_by=person(self.principal), **self.body(LinkIn))
        link.url = request.build_absolute_uri(reverse("share", kwargs={"link": raw}))  # type: ignore[attr-defined]  # rides along into this one answer
        made = LinkMadeOut(link).data
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    def env_to_share(self) -> Env:
        """The env, for those who may give access to it away; also where the whole server is read-only."""
        found = self.env()
        if access.env_role(self.principal, found) != Role.MANAGER:
            raise Forbidden("Share links are seen and made by managers of the workspace.")
        return found


class LinkView(EnvPart):
    """``…/links/<id>``"""

    tag = "links"

    @extend_schema(
        operation_id="revoke_link",
        summary="Revoke a share link",
        description="Its address stops working within a second; it stays in the list as revoked.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, workspace: str, env: str, id: int) -> Response:
        link = ShareLink.objects.filter(env=self.env(), pk=id).select_related("env__workspace").first()
        if link is None:
            raise NotFound(f"There is no share link {id} here that you may see.")
        access.require(self.principal, "manage", link)
        links.revoke_link(link=link)
        return Response(status=status.HTTP_204_NO_CONTENT)


def as_map(body: object) -> dict:
    """The body's fields, or a refusal: a list or a text has none."""
    if not isinstance(body, dict):
        raise Invalid('The body is a JSON object, such as {"state": {}}.')
    return body
