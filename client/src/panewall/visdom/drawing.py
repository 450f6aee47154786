"""The messages that draw: each plotting method ends in one of these."""

from __future__ import annotations

from typing import Any

from panewall.arrays import plain
from panewall.options import demand, layout_of, trace_options
from panewall.visdom.connection import Connection


class Drawing(Connection):
    def _draw(
        self,
        traces: list[dict[str, Any]],
        opts: dict[str, Any],
        win: str | None,
        env: str | None,
        *,
        layout: dict[str, Any] | None = None,
    ) -> Any:
        """Make or replace a window of these traces."""
        _apply_trace_options(traces, opts)
        layout = layout_of(opts) if layout is None else layout
        return self._post({"data": traces, "win": win, "eid": env, "layout": layout, "opts": opts}, "events")

    def _change(
        self,
        traces: list[dict[str, Any]],
        opts: dict[str, Any],
        win: str | None,
        env: str | None,
        *,
        layout: dict[str, Any],
        given: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Any:
        """Update a window by these traces; the layout is for one that has to be made, as where ``win`` is None.

        Args:
            given: the options that the caller gave, without defaults.
            fields: of the message: append, name, updateDir.
        """
        _apply_trace_options(traces, opts)
        msg = {"data": traces, "win": win, "eid": env, "layout": {}, "opts": opts, **fields}
        return self._post(msg, "update", layout=layout, given=given)

    def _remove(self, win: str | None, env: str | None, **fields: Any) -> Any:
        """Take traces out of a window."""
        demand(win is not None, "remove needs win")
        return self._post({"data": [], "delete": True, "win": win, "eid": env, **fields}, "update")

    def _show(
        self,
        kind: str,
        content: Any,
        opts: dict[str, Any],
        win: str | None,
        env: str | None,
        endpoint: str = "events",
    ) -> Any:
        """Fill a window of another kind than plots."""
        data = [{"content": content, "type": kind}]
        return self._post({"data": data, "win": win, "eid": env, "opts": opts}, endpoint)

    def _post(self, msg: dict[str, Any], endpoint: str, **more: Any) -> Any:
        """Hand a message on: plainly to those who override `_send`, with its arrays and files otherwise."""
        if type(self)._send is not Connection._send:
            return self._send(plain(msg), endpoint=endpoint)
        return self._deliver(msg, endpoint, **more)


def _apply_trace_options(traces: list[dict[str, Any]], opts: dict[str, Any]) -> None:
    if opts.get("traceopts") is not None:
        for index, trace in enumerate(traces):
            trace.update(trace_options(opts["traceopts"], trace.get("name"), index))
