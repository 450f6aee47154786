"""The page of the runs table: the table, and beside it the wall of those envs that are ticked in it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from apps.accounts.models import Workspace
from apps.envs.views import COMPARED, asker, compare_boot, compared_names
from apps.runs.selectors import find_workspace


@require_safe
@login_required
def own_runs(request: HttpRequest) -> HttpResponse:
    """``/runs``: those of the person's own workspace."""
    own = Workspace.objects.get(owner_id=asker(request).user_id, kind=Workspace.Kind.PERSONAL)
    return redirect("runs", own.name)


@require_safe
@login_required
@ensure_csrf_cookie
def runs_page(request: HttpRequest, workspace: str) -> HttpResponse:
    """``/w/<workspace>/runs``. ``?env=`` says which are ticked; without any, the page ticks the newest."""
    found = find_workspace(asker(request), workspace)
    boot = compare_boot(request, compared_names(request), home=found)
    boot |= {"env": f"Runs of {found.name}", "style_url": reverse("style", args=[found.name])}
    boot["table"] |= {"isPage": True, "isChosen": "env" in request.GET}
    return render(request, "env.html", {"boot": boot, "parts": COMPARED})
