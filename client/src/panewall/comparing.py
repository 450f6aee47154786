"""Several runs beside each other: the address that shows them so, and pins that hold each at its best step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Union
from urllib.parse import urlencode

from panewall import address as addresses
from panewall.errors import BadArgument
from panewall.rest import Rest
from panewall.run import Run
from panewall.sender import get_sender

Runs = Iterable[Union[str, Run]]


@dataclass(frozen=True)
class Comparison:
    """Runs on one page. ``pins`` hold them at steps, ``missed`` are those for which there was no such step, and why."""

    url: str
    pins: list[dict[str, Any]] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)

    def __str__(self) -> str:
        return self.url


def compare(runs: Runs, *, server: str | None = None, token: str | None = None) -> Comparison:
    """The page that shows these runs side by side.

    Args:
        runs: runs, or names of envs, in the order in which they are to stand.
        server, token: as for `panewall.init`.

    Raises:
        Unreachable: what was logged cannot be stored now, or the server is away.
    """
    rest, names = _asked(runs, server, token)
    return Comparison(_address(rest, names))


def pin_best_step(
    runs: Runs,
    metric: str,
    *,
    mode: str = "min",
    with_image: bool = True,
    tolerance: int = 20,
    follow: bool = False,
    server: str | None = None,
    token: str | None = None,
) -> Comparison:
    """Pin each run at its best step on the page that compares them, in the place of what you pinned there before.

    Args:
        runs: runs, or names of envs.
        metric: the name under which it was logged, such as ``val/loss``.
        mode: ``min`` where the lowest value is the best, else ``max``.
        with_image: the best of those points that have an image within ``tolerance`` steps, for each card by itself; False is
            the best point, whether there is an image or not.
        tolerance: steps from the metric's point to an image, at most.
        follow: let the pins move when a better point comes.
        server, token: as for `panewall.init`.

    Raises:
        BadArgument: mode is neither ``min`` nor ``max``.
        NotFound: one of the envs is missing.
        Unreachable: the server is away.

    Example:
        >>> print(panewall.pin_best_step(["lr01", "lr10"], "val/loss"))
        https://wall.example.org/compare?env=me/lr01&env=me/lr10
    """
    if mode not in ("min", "max"):
        raise BadArgument(f"mode is 'min' or 'max', not {mode!r}")
    rest, names = _asked(runs, server, token)
    asked = {"metric": metric, "mode": mode, "with_image": bool(with_image), "tolerance": int(tolerance)}
    found = rest.demand("POST", "/api/v1/best-step", json={"envs": names, **asked})
    if found["pins"]:
        page = urlencode([("env", name) for name in names])
        kept = {"pins": found["pins"], "follow": asked if follow else None}
        rest.demand("PUT", f"/api/v1/pins?{page}", json=kept)
    return Comparison(_address(rest, names), found["pins"], found["missed"])


def _asked(runs: Runs, server: str | None, token: str | None) -> tuple[Rest, list[str]]:
    """Where to ask, once all that was logged is stored, and whole names."""
    given = [runs] if isinstance(runs, (str, Run)) else list(runs)
    if not given:
        raise BadArgument("there are no runs to compare")
    mine = [run for run in given if isinstance(run, Run)]
    sender = mine[0].sender if mine and server is None else get_sender(addresses.resolve(server, token=token))
    rest = sender.require()
    names = [run.env if isinstance(run, Run) else str(run) for run in given]
    return rest, [name if "/" in name else f"{rest.workspace}/{name}" for name in dict.fromkeys(names)]


def _address(rest: Rest, names: list[str]) -> str:
    return f"{rest.address.url}/compare?{urlencode([('env', name) for name in names], safe='/')}"
