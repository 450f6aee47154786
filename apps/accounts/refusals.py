"""A refusal, as the page or the JSON that the asker can read. Also Django's own error pages."""

from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.urls import is_valid_path
from django.utils.encoding import iri_to_uri

from apps.errors import DomainError, Forbidden, NotFound


def answer(request: HttpRequest, refused: DomainError) -> HttpResponse:
    """What somebody gets who may not, or who asked for what is not there."""
    if request.path_info.startswith("/api/"):
        return JsonResponse(refused.as_dict(), status=refused.status)
    if refused.status == 401:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
    template = f"{refused.status}.html" if refused.status in (403, 404) else "refused.html"
    facts = {"detail": refused.detail, "status": refused.status}
    return render(request, template, facts, status=refused.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler400``: mostly programs that probe, or an address this server does not answer to."""
    refused = DomainError("The server cannot make sense of this request.")
    if request.path_info.startswith("/api/"):
        return JsonResponse(refused.as_dict(), status=400)
    return HttpResponse(refused.detail, status=400, content_type="text/plain; charset=utf-8")


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """Django's ``handler403``."""
    return answer(request, Forbidden(str(exception) or "You may not do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's ``handler404``. The address itself is not repeated: it may hold a secret. Programs get no page.

    Pages have no slash at their end; who types one is led there.
    """
    missing = NotFound("There is nothing at this address.")
    if request.method in ("GET", "HEAD") and is_valid_path(request.path_info.removesuffix("/")):
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(iri_to_uri(request.path[:-1]) + (f"?{query}" if query else ""))
    if request.method not in ("GET", "HEAD") and not request.path_info.startswith("/api/"):
        return HttpResponse(missing.detail, status=404, content_type="text/plain; charset=utf-8")
    return answer(request, missing)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's ``handler500``. What broke may be what the page needs, so there is a plain text below it."""
    failed = DomainError("The server made a mistake; it is in its log.", code="server_error")
    if request.path_info.startswith("/api/"):
        return JsonResponse(failed.as_dict(), status=500)
    try:
        return render(request, "500.html", status=500)
    except Exception:  # the database may be gone, and the page asks it who is signed in
        return HttpResponse(failed.detail, status=500, content_type="text/plain; charset=utf-8")
