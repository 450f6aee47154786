"""Reading envs for pages."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse

from apps.accounts.models import Membership, Role, Workspace
from apps.accounts.principals import Principal
from apps.envs.access import visible_envs
from apps.envs.models import Env, LinkedEnv, ShareLink

#: Envs of a comparison whose names a list of links says.
MOST_TOLD = 5

# Windows belong to an app above; it registers who counts them: ids of envs -> {id: number of living windows}.
window_counters: list[Callable[[Iterable[int]], dict[int, int]]] = []
# So with what they are called: ids of envs -> titles and keys of their living windows.
window_namers: list[Callable[[Iterable[int]], set[str]]] = []
# So with what draws them: (an env, whether it is compared with others) -> the parts of the front end that its page is sure to need.
page_parts: list[Callable[[Env, bool], list[str]]] = []
#: What other apps keep for a person about an env, which its page starts from: by name, how it is found.
page_facts: dict[str, Callable[[Principal, Env], Any]] = {}


def list_envs(principal: Principal | None, *, search: str = "") -> QuerySet[Env]:
    """The living envs the principal may see, the latest changed first.

    Each word of ``search`` must be in the name, the workspace's name or a tag.
    """
    envs = visible_envs(principal).select_related("workspace").defer("config")
    for word in search.split():
        in_tags = Q(tags__icontains=word) | Q(tags__icontains=json.dumps(word)[1:-1])  # SQLite keeps "\u00fc"
        envs = envs.filter(Q(name__icontains=word) | Q(workspace__name__icontains=word) | in_tags)
    return envs.order_by("-updated_at", "-pk")


def list_namesakes(principal: Principal, name: str) -> list[Env]:
    """The envs called ``name`` that the principal may see: their own alone if they have one."""
    envs = list(
        visible_envs(principal).filter(name=name).select_related("workspace").order_by("workspace__name")
    )
    own = [env for env in envs if is_own(env.workspace, principal)]
    return own or envs


def list_managed_envs(principal: Principal) -> QuerySet[Env]:
    """The living envs that the principal may make share links of."""
    envs = visible_envs(principal).select_related("workspace").order_by("workspace__name", "name")
    if principal.is_superuser:
        return envs
    managed = Membership.objects.filter(user_id=principal.user_id, role=Role.MANAGER)
    return envs.filter(workspace__in=managed.values("workspace"))


def list_managed_links(principal: Principal) -> QuerySet[ShareLink]:
    """The links that the principal made, or that show an env they manage, with what they show as far as the principal may see it."""
    managed = LinkedEnv.objects.filter(env__in=list_managed_envs(principal).order_by())
    seen = LinkedEnv.objects.filter(env__in=visible_envs(principal).order_by())
    own = Q(created_by_id=principal.user_id, pk__in=seen.values("link"))
    links = ShareLink.objects.filter(Q(pk__in=managed.values("link")) | own)
    return told_to(principal, links)


def told_to(principal: Principal, links: QuerySet[ShareLink]) -> QuerySet[ShareLink]:
    """These links with what they show, for ``link_envs`` and ``link_others``; names that the principal may not see stay unsaid."""
    seen = LinkedEnv.objects.filter(env__in=visible_envs(principal).order_by())
    in_order = Prefetch("linked", seen.select_related("env__workspace"), to_attr="told")
    return links.annotate(env_count=Count("linked")).select_related("created_by").prefetch_related(in_order)


def link_envs(link: ShareLink) -> list[str]:
    return [one.env.full_name for one in link.told]  # type: ignore[attr-defined]  # by ``told_to``


def link_others(link: ShareLink) -> int:
    return link.env_count - len(link.told)  # type: ignore[attr-defined]  # by ``told_to``


def window_names(env_ids: Iterable[int]) -> set[str]:
    return {name for find in window_namers for name in find(env_ids)}


def link_rows(links: Iterable[ShareLink]) -> list[dict[str, Any]]:
    """Links as the templates list them, each with what it shows."""
    rows = []
    for link in links:
        envs = [one.env for one in link.told]  # type: ignore[attr-defined]  # by ``told_to``
        count = link.env_count  # type: ignore[attr-defined]
        rows.append(
            {
                "link": link,
                "count": count,
                "envs": envs[:MOST_TOLD],
                "more": max(0, len(envs) - MOST_TOLD),
                "others": link_others(link),
                "heading": envs[0].name if count == 1 else f"a comparison of {count} envs",
            }
        )
    return rows


def rows_of(envs: Iterable[Env]) -> list[dict[str, Any]]:
    """Envs as the templates list them."""
    envs = list(envs)
    counts: dict[int, int] | None = None
    for count in window_counters:
        counts = count([env.pk for env in envs])
    return [
        {
            "workspace": env.workspace.name,
            "name": env.name,
            "url": env_url(env),
            "updated_at": env.updated_at,
            "window_count": None if counts is None else counts.get(env.pk, 0),
            "status": env.status,
            "tags": env.tags,
        }
        for env in envs
    ]


def env_url(env: Env) -> str:
    return reverse("env", kwargs={"workspace": env.workspace.name, "name": env.name})


def share_url(raw: str) -> str:
    """The path of a share link's page."""
    return reverse("share", kwargs={"link": raw})


def is_own(workspace: Workspace, principal: Principal) -> bool:
    return workspace.kind == Workspace.Kind.PERSONAL and workspace.owner_id == principal.user_id
