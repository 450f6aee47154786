"""Pages that show envs: home, the wall itself, the short address, a shared wall, and the list of share links."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import Role, Workspace
from apps.accounts.principals import Principal
from apps.accounts.views import put_on_form
from apps.envs import access, arrangements, links, pages, selectors
from apps.envs.forms import LinkForm
from apps.envs.models import Env, ShareLink
from apps.errors import DomainError, NotFound, TooLarge

PAGE_SIZE = 50
#: Parts of the front end.
WALL = "src/shell/App.svelte"
COMPARED = [
    "src/compare/CompareApp.svelte",
    "src/compare/comparison.svelte.ts",
    "src/compare/LegendBody.svelte",
]


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """``/``: the envs one may see, the latest first; ``?q=`` searches, ``?page=`` turns."""
    query = request.GET.get("q", "").strip()[:200]
    envs = selectors.list_envs(asker(request), search=query)
    page = Paginator(envs, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"envs": selectors.rows_of(page.object_list), "query": query, "page": page}
    return render(request, "home.html", context)


@require_safe
@login_required
@ensure_csrf_cookie
@never_cache
def env_page(request: HttpRequest, workspace: str, name: str) -> HttpResponse:
    """``/w/<workspace>/env/<name>``: the wall. ``?win=`` shows one window alone."""
    env = access.find_env(asker(request), f"{workspace}/{name}")
    return wall(request, env, boot(request, env))


@require_safe
@login_required
def env_redirect(request: HttpRequest, name: str) -> HttpResponse:
    """``/env/<name>``: my own env of that name, else the one I may see, else a choice among several."""
    namesakes = selectors.list_namesakes(asker(request), name)
    if not namesakes:
        raise NotFound(f"There is no env {name[:300]!r} that you may see.")
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if len(namesakes) == 1:
        return redirect(selectors.env_url(namesakes[0]) + query)
    choices = selectors.rows_of(namesakes)
    for choice in choices:
        choice["url"] += query
    return render(request, "choose_env.html", {"choices": choices})


@require_safe
@login_required
@ensure_csrf_cookie
def compare_page(request: HttpRequest) -> HttpResponse:
    """``/compare?env=a&env=b``: several envs as one, in this order. Which of them may be seen, the live socket says."""
    names = compared_names(request)
    if not names:
        return redirect("home")
    if len(names) == 1:
        return redirect(selectors.env_url(access.find_env(asker(request), names[0])))
    begin = compare_boot(request, names)
    try:
        first = access.find_env(asker(request), names[0])
    except DomainError:  # the page says itself what cannot be seen
        first = None
    return comparison(request, begin, first)


@require_safe
@login_required
def compare_redirect(request: HttpRequest, names: str) -> HttpResponse:
    """``/compare/a+b``, as visdom has it. A bare name is my own env, else the only one of that name that I may see."""
    found = []
    for name in filter(None, names.split("+")):
        namesakes = [] if "/" in name else selectors.list_namesakes(asker(request), name)
        found.append(namesakes[0].full_name if len(namesakes) == 1 else name)
    query = urlencode([("env", name) for name in found], safe="/")
    return redirect(f"{reverse('compare')}?{query}")


@require_safe
@never_cache
def share_page(request: HttpRequest, link: str) -> HttpResponse:
    """``/s/<link>/``: the same wall for whoever has the link; the middleware made the link the asker."""
    shown = links.shown_by(asker(request))
    if shown.is_comparison:
        begun = compare_boot(request, [env.full_name for env in shown.envs], link=link)
        begun |= {"left_out": shown.left_out, "state": shown.state}
        return comparison(request, begun, shown.envs[0])
    env = shown.envs[0]
    begun = boot(request, env, link=link) | {"view": shown.view or None, "state": shown.state}
    return wall(request, env, begun)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def links_page(request: HttpRequest) -> HttpResponse:
    """``/settings/links``: the links one made or manages; make one (its address is shown once), revoke one."""
    principal = asker(request)
    if request.method == "POST" and "revoke" in request.POST:
        return revoke(request, principal)
    managed = selectors.list_managed_envs(principal)
    new_link = None
    form = LinkForm(request.POST if request.method == "POST" else None, envs=managed)
    if request.method == "POST" and form.is_valid():
        try:
            _, raw = links.create_link(
                envs=[form.cleaned_data["env"]],
                created_by=request.user,  # type: ignore[arg-type]  # signed in
                name=form.cleaned_data["name"],
                expires_at=form.expires_at(),
            )
        except DomainError as refused:
            put_on_form(refused, form)
        else:
            new_link = request.build_absolute_uri(selectors.share_url(raw))
            form = LinkForm(envs=managed)
    living = selectors.list_managed_links(principal).filter(revoked_at=None)
    context = {"links": selectors.link_rows(living), "form": form, "new_link": new_link}
    return render(request, "settings/links.html", context, status=400 if form.errors else 200)


def revoke(request: HttpRequest, principal: Principal) -> HttpResponse:
    number = request.POST["revoke"]
    link = ShareLink.objects.filter(pk=number).first() if number.isdecimal() else None
    if link is None:
        raise NotFound("There is no such share link that you may see.")
    access.require(principal, "manage", link)
    links.revoke_link(link=link)
    messages.success(request, "The link is revoked. Whoever watched through it is cut off.")
    return redirect("links")


def wall(request: HttpRequest, env: Env, begin: dict[str, Any]) -> HttpResponse:
    """The page of one env. What it will surely draw with is fetched while the page is still being read."""
    parts = [WALL, *(part for find in selectors.page_parts for part in find(env, False))]
    return render(request, "env.html", {"boot": begin, "parts": parts})


def comparison(request: HttpRequest, begin: dict[str, Any], first: Env | None) -> HttpResponse:
    """The page of several envs. What it will draw with is told by the first of them, since runs that are compared log the same."""
    found = (part for find in selectors.page_parts for part in find(first, True)) if first else ()
    return render(request, "env.html", {"boot": begin, "parts": [*COMPARED, *found]})


def boot(request: HttpRequest, env: Env, *, link: str | None = None) -> dict[str, Any]:
    """What the page's script starts from. The asker's arrangement is among it, so that nothing waits for another question."""
    principal = asker(request)
    base_url = settings.PANEWALL.base_url
    doors = f"{base_url}/s/{link}" if link else base_url
    kept = None if link else arrangements.get_layout(env=env, user_id=request.user.pk or 0)
    style_url = f"{doors}/style.css" if link else reverse("style", args=[env.workspace.name])
    return {
        "env": env.full_name,
        "base_url": base_url,
        "live_url": f"{doors}/ws/live",
        "files_url": f"{doors}/" if link else f"{doors}/f/{env.pk}/",
        "api_url": f"{doors}/api/v1",
        "style_url": style_url if env.workspace.style else None,
        "role": access.env_role(principal, env),
        "user": None if link else {"name": principal.username},
        "readonly": settings.PANEWALL.readonly,
        "shared": link is not None,
        "layout": None if link else kept.layout if kept else {},
        "looks": kept.looks if kept else {},
        **({} if link else {name: find(principal, env) for name, find in selectors.page_facts.items()}),
        "window": request.GET.get("win"),
        "version": settings.PANEWALL_VERSION,
    }


def compared_names(request: HttpRequest) -> list[str]:
    """The envs that an address names, each once, as many as are compared at once."""
    names = [name for name in dict.fromkeys(request.GET.getlist("env")) if name]
    most = settings.PANEWALL.limits.compare_envs
    if len(names) > most:
        raise TooLarge(
            f"At most {most} envs are compared at once; these are {len(names)}. Leave some out of the address."
        )
    return names


def compare_boot(
    request: HttpRequest, names: list[str], *, home: Workspace | None = None, link: str | None = None
) -> dict[str, Any]:
    """What the page of a comparison starts from. Nothing is changed there, so everybody is a viewer.

    ``home``: the workspace whose runs table may stand beside it; by default that of the first env. A visitor of a link has none.
    """
    base_url = settings.PANEWALL.base_url
    doors = f"{base_url}/s/{link}" if link else base_url
    principal = asker(request)
    if home is None and not link:
        first, slash, _ = names[0].partition("/")
        name = first if slash else principal.username
        home = access.visible_workspaces(principal).filter(name=name).first()
    table = home and {
        "workspace": home.name,
        "canEdit": access.allows(principal, "edit", home),
        "most": settings.PANEWALL.limits.compare_envs,
        "isPage": False,
        "isChosen": True,
    }
    return {
        "env": " + ".join(names),
        "compare": names,
        "base_url": base_url,
        "live_url": f"{doors}/ws/live",
        "api_url": f"{doors}/api/v1",
        **({"table": table} if table else {}),
        "role": Role.VIEWER,
        "user": None if link else {"name": principal.username},
        "readonly": settings.PANEWALL.readonly,
        "shared": link is not None,
        "canShare": may_share(principal, names, home),
        "window": request.GET.get("win"),
        "version": settings.PANEWALL_VERSION,
    }


def may_share(principal: Principal, names: list[str], home: Workspace | None) -> bool:
    """Whether the asker may make links of all of these envs that they see; where none is ticked yet, of those at home."""
    if principal.kind == "link" or settings.PANEWALL.readonly:
        return False
    homes = {env.workspace for env in pages.find_envs(principal, names).values() if env is not None}
    if not names and home is not None:
        homes = {home}
    return bool(homes) and all(access.allows(principal, "manage", home) for home in homes)


def asker(request: HttpRequest) -> Principal:
    return request.principal  # type: ignore[attr-defined]  # set by PrincipalMiddleware
