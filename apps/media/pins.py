"""What people pin, kept for each of them and each page, and how far from a best step they let a picture be.

Pins are kept by the ids of envs: renaming changes nothing, a deleted env that comes back has its pins, and they go with it for good.
"""

from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import Workspace
from apps.accounts.principals import Principal
from apps.envs import links
from apps.envs.models import Env
from apps.envs.pages import page_key
from apps.errors import Invalid
from apps.jobs.gate import write_transaction

from .models import BestStepPreference, Pin, PinPage

DEFAULT_TOLERANCE = 20
MOST_TOLERANCE = 100_000
#: Rows written in one statement: SQLite bounds its parameters.
BATCH = 80

State = dict[str, Any]
NONE: State = {"pins": [], "follow": None}


def get_pins(*, user_id: int, envs: list[Env]) -> State:
    """What the person has pinned on the page of these envs."""
    page = PinPage.objects.filter(user_id=user_id, key=page_key(envs)).first()
    if page is None:
        return NONE
    names = {env.pk: env.full_name for env in envs}
    rows = [pin for pin in page.pins.all() if pin.env_id in names]
    return {"pins": [pin_dict(pin, names[pin.env_id]) for pin in rows], "follow": page.follow}


def linked_pins(*, principal: Principal, envs: list[Env]) -> State:
    """What of these envs was pinned when a share link was made."""
    state = links.shown_by(principal).state
    if "pins" not in state:
        return NONE
    names = {env.full_name for env in envs}
    return {"pins": [pin for pin in state["pins"] if pin["env"] in names], "follow": state.get("follow")}


def save_pins(*, user_id: int, envs: list[Env], pins: list[dict[str, Any]], follow: dict | None) -> State:
    """Make these the person's pins on the page of these envs.

    Args:
        pins: as pages send them, ``env`` by its name.

    Raises:
        Invalid: a pin is of an env that is not on the page, or two are for one place.
        TooLarge: there are more than the server keeps.
    """
    by_name = {env.full_name: env.pk for env in envs}
    rows = [_row(pin, by_name, at) for at, pin in enumerate(pins)]
    _check_places(rows)
    now = timezone.now()
    key = page_key(envs)
    with write_transaction():
        if not rows and follow is None:
            PinPage.objects.filter(user_id=user_id, key=key).delete()
            return NONE
        page, is_new = PinPage.objects.update_or_create(
            user_id=user_id, key=key, defaults={"follow": follow, "updated_at": now}
        )
        if not is_new:
            Pin.objects.filter(page=page).delete()
        for row in rows:
            row.page = page
        Pin.objects.bulk_create(rows, batch_size=BATCH)
        if is_new:
            _drop_oldest(user_id)
    return get_pins(user_id=user_id, envs=envs)


def get_tolerance(*, user_id: int, workspace: Workspace) -> int:
    kept = BestStepPreference.objects.filter(user_id=user_id, workspace=workspace).first()
    return DEFAULT_TOLERANCE if kept is None else kept.tolerance


def save_tolerance(*, user_id: int, workspace: Workspace, tolerance: int) -> int:
    with write_transaction():
        BestStepPreference.objects.update_or_create(
            user_id=user_id, workspace=workspace, defaults={"tolerance": tolerance}
        )
    return tolerance


def pin_dict(pin: Pin, env: str) -> dict[str, Any]:
    """A pin as pages know it."""
    return {
        "env": env,
        "scope": pin.scope,
        "card": pin.card or None,
        "step": pin.step,
        "source": pin.source,
        "index": pin.index,
        "except": pin.exceptions,
        "best": pin.best,
    }


# --- inside


def _row(pin: dict[str, Any], by_name: dict[str, int], at: int) -> Pin:
    is_local, is_best = pin["scope"] == Pin.Scope.PANEL, pin["source"] == Pin.Source.BEST
    if pin["env"] not in by_name:
        raise _wrong(at, "env", f"The env {pin['env'][:300]!r} is not on this page.")
    if is_local and not pin["card"]:
        raise _wrong(at, "card", "A pin of one panel names its card.")
    if is_best != (pin["best"] is not None):
        raise _wrong(at, "best", "A best-step pin, and no other, says what it was found by.")
    return Pin(
        env_id=by_name[pin["env"]],
        scope=pin["scope"],
        card=pin["card"] or "",
        step=pin["step"],
        source=pin["source"],
        index=pin["index"],
        exceptions=[] if is_local else list(dict.fromkeys(pin["except"])),
        best=pin["best"],
    )


def _check_places(rows: list[Pin]) -> None:
    places: set[tuple] = set()
    for at, row in enumerate(rows):
        place = (row.env_id, row.scope, row.card if row.scope == Pin.Scope.PANEL else "")
        if place in places:
            raise _wrong(at, "card", "Two pins are for one place.")
        places.add(place)


def _wrong(at: int, field: str, reason: str) -> Invalid:
    return Invalid(f"Pin {at}: {reason}", code="bad_pin", fields={f"pins.{at}.{field}": [reason]})


def _drop_oldest(user_id: int) -> None:
    """A person's pages are many over the years; those not touched for longest go."""
    kept = settings.PANEWALL.limits.pin_pages
    old = PinPage.objects.filter(user_id=user_id).order_by("-updated_at", "-pk").values_list("pk", flat=True)
    for pk in old[kept : kept + 100]:
        PinPage.objects.filter(pk=pk).delete()
