"""scatter, line, stem and quiver, and the updates of the first two."""

from __future__ import annotations

from typing import Any

import numpy as np

from panewall.messages import same
from panewall.options import checked, demand, layout_of
from panewall.plots import points
from panewall.visdom.drawing import Drawing

_OF_POINTS = (
    "markercolor",
    "linecolor",
    "dash",
    "textlabels",
)  # options that belong to the points of one call


class Points(Drawing):
    _last_layout: tuple[dict[str, Any], bool, dict[str, Any]] = ({}, False, {})

    def scatter(
        self,
        X: Any,
        Y: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
        update: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Points in two or three dimensions.

        Args:
            X: shape (N, 2) or (N, 3). With ``update`` and ``name`` also (N,), and Y then holds the y of each.
            Y: shape (N,), labels from 1 on: a trace for each.
            update: ``append`` adds points, ``replace`` exchanges them, ``remove`` takes the trace ``name`` away.
            name: the trace to update, made if missing.

        Returns:
            The window's id.
        """
        if update == "remove":
            return self._remove_trace(win, env, name, opts)
        columns, labels = points.scatter_columns(X, Y, is_flat=bool(update) and name is not None)
        return self._points(columns, labels, win, env, checked(opts), update, name)

    def line(
        self,
        Y: Any,
        X: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
        update: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Lines.

        Args:
            Y: shape (N,), or (N, M) for M lines.
            X: shape (N,) or as Y; None spaces the points evenly from 0 to 1. Needed for updates.
            update, name: as for `scatter`.

        Returns:
            The window's id.
        """
        if update == "remove":
            return self._remove_trace(win, env, name, opts)
        demand(not update or X is not None, "an update needs X")
        columns, labels = points.line_columns(Y, X)
        opts = checked(opts)
        given = dict(opts)
        opts.setdefault("markers", False)
        opts.setdefault("fillarea", False)
        opts["mode"] = "lines+markers" if opts["markers"] else "lines"
        return self._points(columns, labels, win, env, opts, update, name, given=given)

    def stem(
        self,
        X: Any,
        Y: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Stems: X of shape (N,) or (N, M) are heights, Y (as X, or one for each row) their places.

        ``opts.colormap`` gives each stem a head coloured by its height.
        """
        opts = checked(opts)
        places, labels = points.stem_columns(X, Y)
        opts["mode"] = "lines"
        opts = points.scatter_options(opts)
        traces = points.scatter_traces([places[:, 0], places[:, 1]], labels, opts)
        if opts.get("colormap"):
            points.stem_heads(traces, opts["colormap"])
        return self._draw(traces, opts, win, env)

    def quiver(
        self,
        X: Any,
        Y: Any,
        gridX: Any = None,
        gridY: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Arrows: X and Y of shape (N, M) are their components, the grids where they begin (their row and column by default)."""
        opts = checked(opts)
        opts["mode"] = "lines"
        opts.setdefault("arrowheads", True)
        return self.scatter(points.quiver_points(X, Y, gridX, gridY, opts), win=win, env=env, opts=opts)

    def _points(
        self,
        columns: list[np.ndarray],
        labels: np.ndarray | None,
        win: str | None,
        env: str | None,
        opts: dict[str, Any],
        update: str | None,
        name: str | None,
        *,
        given: dict[str, Any] | None = None,
    ) -> Any:
        given = dict(opts) if given is None else given
        name = None if name is None else str(name)
        opts = points.scatter_options(opts)
        traces = points.scatter_traces(columns, labels, opts, name=name)
        is_3d = len(columns) == 3
        if not update:
            return self._draw(traces, opts, win, env, layout=layout_of(opts, is_3d=is_3d))
        demand(win is not None, "an update needs win")
        layout = self._repeated_layout(opts, is_3d=is_3d)
        for key in _OF_POINTS:
            given.pop(key, None)
        return self._change(
            traces, opts, win, env, layout=layout, given=given, name=name, append=update == "append"
        )

    def _repeated_layout(self, opts: dict[str, Any], *, is_3d: bool) -> dict[str, Any]:
        """The layout for these options. A training loop appends with the same ones over and over."""
        if same(self._last_layout[:2], (opts, is_3d)):
            return self._last_layout[2]
        made = layout_of(opts, is_3d=is_3d)
        self._last_layout = (dict(opts), is_3d, made)
        return made

    def _remove_trace(self, win: str | None, env: str | None, name: str | None, opts: Any) -> Any:
        demand(name is not None, "remove needs the name of a trace")
        demand(opts is None, "remove takes no opts")
        return self._remove(win, env, name=str(name))
