"""Windows that people do something with: properties, networks and embeddings."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from panewall.arrays import plain, to_numpy
from panewall.options import checked, demand
from panewall.plots.network import network
from panewall.plots.values import numeric
from panewall.projection import on_a_plane, points, tsne
from panewall.visdom.control import Control
from panewall.visdom.drawing import Drawing

GRAPH_DEFAULTS = {
    "directed": False,
    "showVertexLabels": False,
    "showEdgeLabels": False,
    "height": 500,
    "width": 500,
    "scheme": "same",
}


class Forms(Drawing, Control):
    def properties(
        self, data: Any, win: str | None = None, env: str | None = None, opts: dict[str, Any] | None = None
    ) -> Any:
        """A form. Handlers of the window hear of changes (event ``PropertyUpdate``).

        Args:
            data: dicts of ``type`` (text, number, button, checkbox or select), ``name``, ``value`` and, for select, ``values``.
        """
        opts = checked(opts)
        demand(
            isinstance(data, (list, tuple)) and all(isinstance(item, dict) for item in data),
            "data must be a list of dicts",
        )
        return self._show("properties", plain(data), opts, win, env)

    def graph(
        self,
        edges: Any,
        edgeLabels: Any = None,
        nodeLabels: Any = None,
        opts: dict[str, Any] | None = None,
        env: str | None = None,
        win: str | None = None,
    ) -> Any:
        """A network.

        Args:
            edges: pairs of node numbers from 0 on, or a graph of networkx.
            edgeLabels: one for each edge, in the order in which edges come out: by nodes as they first occur.
            nodeLabels: one for each node.
            opts: also ``directed``, ``showVertexLabels``, ``showEdgeLabels``, and ``scheme``: ``same`` or ``different`` colours.
        """
        opts = checked(opts)
        for key, value in GRAPH_DEFAULTS.items():
            opts.setdefault(key, value)
        return self._show("network", network(edges, edgeLabels, nodeLabels, opts), opts, win, env)

    def embeddings(
        self,
        features: Any,
        labels: Any,
        data_getter: Callable[[int], str] | None = None,
        data_type: str | None = None,
        win: str | None = None,
        env: str | None = None,
        opts: dict[str, Any] | None = None,
    ) -> Any:
        """Vectors of many dimensions on a plane (t-SNE), where people look at single ones and go into regions.

        Args:
            features: shape (N, D).
            labels: one for each vector; equal ones share a colour.
            data_getter: gives the HTML that is shown for a vector by its number. Without it its label is shown.
            data_type: ``html``, the only one there is.

        Raises:
            MissingPackage: scikit-learn, of the extra ``panewall[embeddings]``, is not installed.
        """
        opts = checked(opts)
        demand(data_type in (None, "html"), f"data_type is 'html', not {data_type!r}")
        array = numeric(features, "features")
        array = array.reshape(len(array), -1)
        named = plain(to_numpy(labels)) if not isinstance(labels, str) else []
        demand(
            isinstance(named, list) and len(named) == len(array), "labels needs one for each row of features"
        )
        tsne()  # where it is missing, no window is made that would wait for it for ever
        win = self._show("embeddings", {"isLoading": True}, dict(opts), win, env)
        shown = points(on_a_plane(array), named, range(len(array)))
        if not isinstance(win, str):  # a message, or what the transport of a subclass says
            return self._show("embeddings", {"data": shown}, opts, None, env)
        self.win_data[win] = {
            "features": array,
            "labels": named,
            "points": shown,
            "data_getter": data_getter,
            "data_type": data_type,
            "env": env or self.env,
            "opts": opts,
        }
        if self.use_socket and self._explore not in self.event_handlers.get(win, ()):
            self.register_event_handler(self._explore, win, env or self.env)
        return self._show("embeddings", {"data": shown}, dict(opts), win, env)

    def _explore(self, event: dict[str, Any]) -> None:
        """Somebody looks at one vector, or goes into a region."""
        kept = self.win_data.get(event["target"])
        if kept is None:
            return
        if event.get("event_type") == "EntitySelected":
            change = self._entity(kept, event)
        elif event.get("event_type") == "RegionSelected":
            change = self._region(kept, event)
        else:
            return
        self._post({"data": change, "win": event["target"], "eid": event.get("eid") or kept["env"]}, "update")

    def _entity(self, kept: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        index = int(event["idx"])
        if kept["data_getter"] is not None:
            html = str(kept["data_getter"](index))
        else:
            html = f"<p>{escape(str(kept['labels'][index]))}</p>"
        return {
            "update_type": "EntitySelected",
            "selected": {"html": html, "entityId": event.get("entityId")},
        }

    def _region(self, kept: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        chosen = [int(index) for index in event["selectedIdxs"]]
        kept["points"] = points(on_a_plane(np.asarray(kept["features"])[chosen]), kept["labels"], chosen)
        return {"update_type": "RegionSelected", "points": kept["points"]}
