"""Pages about one's own account: API tokens, and the one-time way in."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts import tokens
from apps.accounts.forms import TokenForm
from apps.accounts.models import ApiToken, User, Workspace
from apps.accounts.services import peek_sign_in_link, use_sign_in_link
from apps.errors import DomainError, NotFound

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens_page(request: HttpRequest) -> HttpResponse:
    """``/settings/tokens``: make a token (shown in the one answer that follows), see them, revoke them."""
    user: User = request.user  # type: ignore[assignment]  # signed in
    workspaces = own_workspaces(user)
    if request.method == "POST" and "revoke" in request.POST:
        return revoke(request, user)
    raw = None
    form = TokenForm(request.POST if request.method == "POST" else None, workspaces=workspaces)
    if request.method == "POST" and form.is_valid():
        try:
            _, raw = tokens.create_token(
                user=user,
                name=form.cleaned_data["name"],
                scope=form.cleaned_data["scope"],
                workspace=form.cleaned_data["workspace"],
                expires_at=form.expires_at(),
            )
        except DomainError as refused:
            put_on_form(refused, form)
        else:
            form = TokenForm(workspaces=workspaces)
    context = {
        "tokens": ApiToken.objects.filter(user=user, revoked_at=None).select_related("workspace"),
        "form": form,
        "workspaces": workspaces,
        "new_token": raw,  # in this answer and nowhere else: no session, no redirect, no log has it
    }
    return render(request, "settings/tokens.html", context, status=400 if form.errors else 200)


def revoke(request: HttpRequest, user: User) -> HttpResponse:
    number = request.POST["revoke"]
    token = ApiToken.objects.filter(user=user, pk=number).first() if number.isdecimal() else None
    if token is None:
        raise NotFound("You have no such token.")
    tokens.revoke_token(token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("tokens")


def own_workspaces(user: User) -> QuerySet[Workspace]:
    workspaces = Workspace.objects.all()
    return workspaces if user.is_superuser else workspaces.of_member(user.pk)


def put_on_form(refused: DomainError, form: Form) -> None:
    """Show a service's refusal beside the fields it is about."""
    for field, reasons in (refused.fields or {"": [refused.detail]}).items():
        for reason in reasons:
            form.add_error(field if field in form.fields else None, reason)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, one_time: str) -> HttpResponse:
    """``/sign-in/<one-time>``: opening it only asks; the button signs in and uses the link up.

    Chat programs and browsers open addresses to preview them, and must not burn the link.
    """
    try:
        if request.method != "POST":
            return render(request, "sign_in_link.html", {"username": peek_sign_in_link(one_time).username})
        user = use_sign_in_link(one_time)
    except NotFound as refused:
        return render(
            request, "sign_in_link.html", {"username": None, "detail": refused.detail}, status=refused.status
        )
    login(request, user, backend=BACKEND)
    if not user.has_usable_password():
        messages.info(
            request, "You have no password yet. Set one in the settings, to sign in from elsewhere."
        )
    return redirect("home")
