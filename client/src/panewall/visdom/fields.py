"""Values over an area: heatmap, surface, contour and mesh."""

from __future__ import annotations

from typing import Any

from panewall.options import checked, demand, layout_of
from panewall.plots import fields
from panewall.visdom.drawing import Drawing


class Fields(Drawing):
    def heatmap(
        self,
        X: Any,
        win: str | None = None,
        env: str | None = None,
        update: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """A table of numbers as colours.

        Args:
            X: shape (rows, columns); NaN stays empty, or shows ``opts.nancolor``.
            update: ``replace``, ``remove``, or ``appendRow``, ``appendColumn``, ``prependRow``, ``prependColumn`` to grow it.
        """
        allowed = (None, "replace", "remove", *fields.GROWTH)
        demand(update in allowed, f"update is one of {', '.join(map(str, allowed))}, not {update!r}")
        if update == "remove":
            return self._remove(win, env)
        opts = checked(opts)
        traces = fields.heatmap_traces(X, opts)
        if update is None:
            return self._draw(traces, opts, win, env)
        layout = layout_of(opts)
        return self._change(
            traces, opts, win, env, layout=layout, append=update in fields.GROWTH, updateDir=update
        )

    def surf(
        self, X: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """A surface over rows and columns: X of shape (N, M) are its heights."""
        opts = checked(opts)
        traces = fields.surface_traces(X, opts, "surface")
        return self._draw(traces, opts, win, env, layout=layout_of(opts, is_3d=True))

    def contour(
        self, X: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """Lines of equal height; X as for `surf`."""
        opts = checked(opts)
        return self._draw(fields.surface_traces(X, opts, "contour"), opts, win, env)

    def mesh(
        self,
        X: Any,
        Y: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Triangles between vertices.

        Args:
            X: vertices, shape (N, 2) or (N, 3).
            Y: the numbers of the vertices of each triangle, shape (M, 3), or of each edge, (M, 2), for vertices in the plane.
            opts: also ``color``, ``opacity``.
        """
        opts = checked(opts)
        return self._draw(fields.mesh_traces(X, Y, opts), opts, win, env)
