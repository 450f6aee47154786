"""REST: workspaces, and what people keep beside an env: their own layout, saved views, share links."""

from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.paging import PageQuery, page_of, paginate
from apps.accounts.api.persons import person, require_person, require_writing
from apps.accounts.models import Membership, Role
from apps.envs import access, arrangements, links, pages, selectors
from apps.envs.api.pages import EnvsQuery, Names, PageDoor
from apps.envs.api.serializers import (
    EnvLinkIn,
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
from apps.envs.models import Env, LinkedEnv, ShareLink, View
from apps.errors import Forbidden, Invalid, NotFound, TooLarge

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


class LinkMaking(ApiView):
    """What the doors of share links have in common."""

    tag = "links"

    def get_throttles(self) -> list:
        if self.request.method == "POST":
            self.throttle_limit = "secrets_per_minute"
        return super().get_throttles()

    def shown(self, rows: QuerySet[ShareLink]) -> Response:
        return Response(paginate(self, selectors.told_to(self.principal, rows), LinkOut))

    def make(self, envs: list[Env], asked: dict[str, Any]) -> Response:
        link, raw = links.create_link(envs=envs, created_by=person(self.principal), **asked)
        link = selectors.told_to(self.principal, ShareLink.objects.filter(pk=link.pk)).get()
        link.url = self.request.build_absolute_uri(reverse("share", kwargs={"link": raw}))  # type: ignore[attr-defined]  # rides along into this one answer
        made = LinkMadeOut(link).data
        return Response(made, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    def revoke(self, rows: QuerySet[ShareLink], id: int) -> Response:
        link = rows.filter(pk=id).first()
        if link is None:
            raise NotFound(f"There is no share link {id} here that you may see.")
        access.require(self.principal, "manage", link)
        links.revoke_link(link=link)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LinksQuery(PageQuery):
    """Which links."""

    env = Names(required=False, help_text="only those that show all of these envs")


class AllLinksView(LinkMaking, PageDoor):
    """``/api/v1/links``"""

    tag = "links"
    queries = {"GET": LinksQuery}

    @extend_schema(
        operation_id="list_all_links",
        summary="The share links that I made, or whose envs I manage",
        description="Of one env, of comparisons and of views; the latest first.",
        responses=page_of(LinkOut),
    )
    def get(self, request: Request) -> Response:
        require_person(self.principal)
        if self.principal.scope != "admin":
            raise Forbidden("Share links are seen with a session or a token of scope admin.")
        rows = selectors.list_managed_links(self.principal)
        for env in self.envs():
            rows = rows.filter(pk__in=LinkedEnv.objects.filter(env=env).values("link"))
        return Response(paginate(self, rows, LinkOut))

    @extend_schema(
        operation_id="create_any_link",
        summary="Make a public, read-only address of one env or of several",
        description="Several are a comparison. The address is in this answer and never shown again.",
        request=LinkIn,
        responses={201: LinkMadeOut},
    )
    def post(self, request: Request) -> Response:
        asked = self.body(LinkIn)
        names = asked.pop("envs")
        most = settings.PANEWALL.limits.compare_envs
        if len(names) > most:
            raise TooLarge(f"A link shows at most {most} envs; these are {len(names)}.")
        found = pages.page_envs(self.principal, names)
        for env in found:
            access.require(self.principal, "manage", env)
        return self.make(found, asked)


class AnyLinkView(LinkMaking):
    """``/api/v1/links/<id>``"""

    @extend_schema(
        operation_id="revoke_any_link",
        summary="Revoke a share link",
        description="Its address stops working within a second; it stays in the list as revoked.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, id: int) -> Response:
        return self.revoke(ShareLink.objects.all(), id)


class LinkListView(LinkMaking, EnvPart):
    """``…/links``: those that show this env, alone or with others."""

    tag = "links"
    queries = {"GET": PageQuery}

    @extend_schema(
        operation_id="list_links",
        summary="The share links of an env",
        description="Also those of comparisons in which it is.",
        responses=page_of(LinkOut),
    )
    def get(self, request: Request, workspace: str, env: str) -> Response:
        linked = LinkedEnv.objects.filter(env=self.env_to_share())
        return self.shown(ShareLink.objects.filter(pk__in=linked.values("link")))

    @extend_schema(
        operation_id="create_link",
        summary="Make a public, read-only address of an env",
        description="The address is in this answer and never shown again.",
        request=EnvLinkIn,
        responses={201: LinkMadeOut},
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        return self.make([self.env("manage")], self.body(EnvLinkIn))

    def env_to_share(self) -> Env:
        """The env, for those who may give access to it away; also where the whole server is read-only."""
        found = self.env()
        if access.env_role(self.principal, found) != Role.MANAGER:
            raise Forbidden("Share links are seen and made by managers of the workspace.")
        return found


class LinkView(LinkMaking, EnvPart):
    """``…/links/<id>``"""

    @extend_schema(
        operation_id="revoke_link",
        summary="Revoke a share link",
        description="Its address stops working within a second; it stays in the list as revoked.",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, workspace: str, env: str, id: int) -> Response:
        return self.revoke(ShareLink.objects.filter(linked__env=self.env()), id)


def as_map(body: object) -> dict:
    """The body's fields, or a refusal: a list or a text has none."""
    if not isinstance(body, dict):
        raise Invalid('The body is a JSON object, such as {"state": {}}.')
    return body
