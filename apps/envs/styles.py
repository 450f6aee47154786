"""A workspace's own style sheet: how the pages of its envs look, as its managers want it.

It is text that people wrote, served as CSS and nothing else. What a page loads because of it is bound by that page's
policy, which knows this server only; the sheet itself is served under a policy that allows nothing at all.
"""

import hashlib
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.models import Membership, Role, Workspace
from apps.accounts.principals import Principal
from apps.accounts.views import put_on_form
from apps.envs import access, links
from apps.errors import DomainError, Invalid, NotFound, TooLarge
from apps.jobs.gate import write_transaction


def save_style(*, workspace: Workspace, style: str, by: Principal) -> None:
    """Let the pages of the workspace's envs look so from now on; "" as everywhere else.

    Raises:
        Forbidden, NotFound, ReadOnly: as the access rule says; it is managers who may.
        TooLarge, Invalid: over ``limits.style_chars``, or no text.
    """
    access.require(by, "manage", workspace)
    most = settings.PANEWALL.limits.style_chars
    if len(style) > most:
        reason = f"{len(style):,} characters; at most {most:,} are allowed."
        raise TooLarge(f"style: {reason}", fields={"style": [reason]})
    if any(ord(char) < 32 and char not in "\t\n\r\f" for char in style):
        raise Invalid("style: No control characters.", fields={"style": ["No control characters."]})
    with write_transaction():
        Workspace.objects.filter(pk=workspace.pk).update(style=style)
    workspace.style = style


@require_safe
def style_sheet(request: HttpRequest, workspace: str) -> HttpResponse:
    """``/w/<workspace>/style.css``: empty where nobody wrote one, so that no page misses it."""
    found = access.visible_workspaces(asker(request)).filter(name=workspace).first()
    if found is None:
        raise NotFound("There is no such workspace that you may see.")
    return css(request, found.style)


@require_safe
def shared_style_sheet(request: HttpRequest, link: str) -> HttpResponse:
    """``/s/<link>/style.css``: the sheet of the shared env's workspace."""
    env = links.shown_by(asker(request)).envs[0]
    return css(request, env.workspace.style)


def css(request: HttpRequest, style: str) -> HttpResponse:
    etag = f'"{hashlib.sha256(style.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(style, content_type="text/css; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response._csp_exempt = True  # type: ignore[attr-defined]  # the pages' policy must not be added to this one
    return response


class StyleForm(forms.Form):
    """Which workspace, and its sheet."""

    workspace = forms.ModelChoiceField(queryset=Workspace.objects.none(), to_field_name="name")
    style = forms.CharField(
        required=False,
        strip=False,
        label="Style sheet",
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "input code"}),
        help_text="CSS for the pages of this workspace's envs. It can load nothing from other hosts.",
    )

    def __init__(self, *args: Any, workspaces: QuerySet[Workspace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["workspace"].queryset = workspaces  # type: ignore[attr-defined]


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def style_page(request: HttpRequest) -> HttpResponse:
    """``/settings/style``: the sheets of the workspaces one manages; ``?workspace=`` says which."""
    principal = asker(request)
    managed = managed_workspaces(principal)
    chosen = managed.filter(name=request.GET["workspace"]).first() if "workspace" in request.GET else None
    if chosen is None and request.method != "POST":
        own = managed.filter(kind=Workspace.Kind.PERSONAL, owner_id=principal.user_id).first()
        chosen = own or managed.first()
    if request.method == "POST":
        form = StyleForm(request.POST, workspaces=managed)
        if form.is_valid():
            workspace, style = form.cleaned_data["workspace"], form.cleaned_data["style"]
            try:
                save_style(workspace=workspace, style=style.replace("\r\n", "\n"), by=principal)
            except DomainError as refused:
                put_on_form(refused, form)
            else:
                messages.success(request, f"The pages of {workspace.name} have this style from now on.")
                return redirect(f"{reverse('style-settings')}?workspace={workspace.name}")
    else:
        begin = {"workspace": chosen.name, "style": chosen.style} if chosen else {}
        form = StyleForm(initial=begin, workspaces=managed)
    context = {"form": form, "managed": managed, "chosen": chosen}
    return render(request, "settings/style.html", context, status=400 if form.errors else 200)


def managed_workspaces(principal: Principal) -> QuerySet[Workspace]:
    workspaces: QuerySet[Workspace] = access.visible_workspaces(principal)
    if not principal.is_superuser:
        managed = Membership.objects.filter(user_id=principal.user_id, role=Role.MANAGER)
        workspaces = workspaces.filter(pk__in=managed.values("workspace"))
    return workspaces.order_by("name").distinct()


def asker(request: HttpRequest) -> Principal:
    return request.principal  # type: ignore[attr-defined]  # set by PrincipalMiddleware
