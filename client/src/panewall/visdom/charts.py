"""Bars, boxes, pies and sunbursts, two lines with an axis each, and figures made by plotly."""

from __future__ import annotations

import json
from typing import Any

from panewall.errors import MissingPackage
from panewall.options import checked, demand
from panewall.plots import charts
from panewall.visdom.drawing import Drawing


class Charts(Drawing):
    def bar(
        self,
        X: Any,
        Y: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Bars: X of shape (N,), or (N, M) for M bars in each of N groups; Y their places."""
        opts = checked(opts)
        opts.setdefault("stacked", False)
        return self._draw(charts.bar_traces(X, Y, opts), opts, win, env)

    def histogram(
        self, X: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """How often values occur, in ``opts.numbins`` bars (at most 30 by default)."""
        opts = checked(opts)
        opts.setdefault("stacked", False)
        return self._draw(charts.histogram_traces(X, opts), opts, win, env)

    def boxplot(
        self, X: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """A box for each column of X: median, quartiles, range."""
        opts = checked(opts)
        return self._draw(charts.box_traces(X, opts), opts, win, env)

    def pie(
        self, X: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """A pie: X of shape (N,) are the sizes of its slices, ``opts.legend`` their names."""
        opts = checked(opts)
        return self._draw(charts.pie_traces(X, opts), opts, win, env)

    def sunburst(
        self,
        labels: Any,
        parents: Any,
        values: Any = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Rings of a tree.

        Args:
            labels, parents: as many; the parent of a root is ``""``.
            values: the size of each.
            opts: also ``size`` and ``font_color`` of the text outside, ``opacity``, ``marker_width``.
        """
        opts = checked(opts)
        return self._draw(charts.sunburst_traces(labels, parents, values, opts), opts, win, env)

    def dual_axis_lines(
        self,
        X: Any = None,
        Y1: Any = None,
        Y2: Any = None,
        opts: dict[str, Any] | None = None,
        win: str | None = None,
        env: str | None = None,
    ) -> Any:
        """Two lines over one x axis, each with a y axis of its own. X, Y1 and Y2 have shape (N,).

        Args:
            opts: ``name_y1``, ``name_y2``, ``color_title_y1`` and ``…_y2``, ``color_tick_y1`` and ``…_y2``, ``side`` of the second
                axis, ``showlegend``, and the margins ``top``, ``bottom``, ``left``, ``right``.
        """
        opts = checked(opts)
        traces = charts.dual_axis_traces(X, Y1, Y2, opts)
        opts.setdefault("height", 300)
        opts.setdefault("width", 500)
        return self._draw(traces, opts, win, env, layout=charts.dual_axis_layout(opts))

    def plotlyplot(self, figure: Any, win: str | None = None, env: str | None = None) -> Any:
        """A figure made with plotly, or the same as a dict.

        Raises:
            MissingPackage: plotly is not installed.
        """
        try:
            from plotly.utils import PlotlyJSONEncoder
        except ImportError as error:
            raise MissingPackage("plotlyplot needs plotly: pip install 'panewall[plotly]'") from error
        made = json.loads(json.dumps(figure, cls=PlotlyJSONEncoder))
        demand(
            isinstance(made, dict) and isinstance(made.get("data"), list), "figure must be a plotly figure"
        )
        layout = made.get("layout") or {}
        title = layout.get("title")
        if isinstance(title, dict):
            title = title.get("text")
        return self._draw(made["data"], {"title": title} if title else {}, win, env, layout=layout)
