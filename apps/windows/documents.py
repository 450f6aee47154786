"""Text windows as documents of their own: untrusted HTML never becomes part of our pages.

A document lies at a signed address that names window and revision and carries no cookie's right. It always answers
with a sandboxing policy: no script of the user's runs, nothing is fetched, nothing is sent.
"""

import json
import secrets
from typing import TYPE_CHECKING

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_exempt

if TYPE_CHECKING:
    from .models import TextPart

LIFE_S = 12 * 3600
_signer = signing.TimestampSigner(salt="panewall.document")

#: Our own script: tells the page its height and scroll position and the keys pressed in it, and scrolls where the page
#: says. Nothing else runs.
SCRIPT = """
const tell = () => parent.postMessage({type: "panewall-doc", height: document.documentElement.scrollHeight,
  scroll: document.documentElement.scrollTop}, "*");
addEventListener("message", (event) => {
  if (event.source === parent && event.data?.type === "panewall-scroll") scrollTo(0, event.data.top);
});
addEventListener("scroll", tell, {passive: true});
new ResizeObserver(tell).observe(document.documentElement);
addEventListener("load", tell);
for (const type of ["keydown", "keyup"]) addEventListener(type, (event) => {
  const {key, keyCode, ctrlKey, metaKey} = event;
  parent.postMessage({type: "panewall-key", down: type === "keydown", key, keyCode, ctrlKey, metaKey}, "*");
  if ((ctrlKey || metaKey) && key.toLowerCase() === "k") event.preventDefault();
});
"""

STYLE = """
:root { color-scheme: light dark; font: 13px/1.5 Inter, system-ui, sans-serif; }
body { margin: 8px 12px; overflow-wrap: anywhere; }
img, svg, audio, video, table { max-width: 100%; }
pre { white-space: pre-wrap; }
"""


def sign(window_id: int, revision: int) -> str:
    """The last part of a document's address, good for LIFE_S seconds."""
    return _signer.sign(f"{window_id}-{revision}")


@xframe_options_exempt
def document(request: HttpRequest, signed: str, **where: object) -> HttpResponse:
    """``doc/<signed>``: the window's text as a page in a sandbox."""
    from .models import TextPart, Window

    # A tab of its own could be sent elsewhere by a link; hosts without TLS send no such header at all.
    if request.headers.get("Sec-Fetch-Dest", "iframe") not in ("iframe", "frame"):
        return _refuse("This document can only be shown inside its pane.", 403)
    try:
        window_id, _, _ = _signer.unsign(signed, max_age=LIFE_S).partition("-")
    except signing.BadSignature:
        return _refuse("This address has expired. Reload the page that shows the pane.", 410)
    if not Window.objects.filter(pk=int(window_id), kind="text").exists():
        return _refuse("The window is gone.", 404)
    parts = TextPart.objects.filter(window_id=int(window_id)).order_by("no")
    return _page(_text(list(parts)))


def _text(parts: "list[TextPart]") -> str:
    return "<br>".join(part.text for part in parts)


def _page(text: str) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    html = (
        f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>'
        f"<body>{text}</body><script nonce={json.dumps(nonce)}>{SCRIPT}</script>"
    )
    response = HttpResponse(html)
    response["Content-Security-Policy"] = (
        f"sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline';"
        " img-src data: blob:; media-src data: blob:; font-src data:; form-action 'none'; base-uri 'none';"
        " frame-ancestors 'self'"
    )
    response["Cache-Control"] = "private, max-age=3600"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Content-Type-Options"] = "nosniff"
    return _without_page_policy(response)


def _refuse(why: str, status: int) -> HttpResponse:
    response = HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; frame-ancestors 'self'"
    return _without_page_policy(response)


def _without_page_policy(response: HttpResponse) -> HttpResponse:
    """The site's own policy must not be added to this one."""
    response._csp_exempt = True  # type: ignore[attr-defined]
    return response
