"""Graphs of nodes and edges, as the network pane takes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from panewall.arrays import to_numpy
from panewall.errors import BadNodes
from panewall.options import demand


def network(edges: Any, edge_labels: Any, node_labels: Any, opts: dict[str, Any]) -> dict[str, Any]:
    """The content of a network window.

    Args:
        edges: pairs of node numbers, or a graph of networkx. Nodes are numbered 0 … n-1. Without ``opts.directed`` an edge
            counts once, whichever way it is given.
        edge_labels: one for each edge, in the order in which edges come out: by nodes as they first occur.
        node_labels: one for each node.
    """
    neighbours = _neighbours(edges, is_directed=bool(opts.get("directed")))
    count = len(neighbours)
    missing = [number for number in range(count) if number not in neighbours]
    if missing or not count:
        raise BadNodes(f"nodes are numbered 0 to n-1; there is no node {missing[0] if missing else 0}")
    pairs = list(_pairs(neighbours, is_directed=bool(opts.get("directed"))))
    edge_names = _labels(edge_labels, len(pairs), "edgeLabels", "edges")
    node_names = _labels(node_labels, count, "nodeLabels", "nodes")
    nodes = []
    for number in range(count):
        node: dict[str, Any] = {
            "name": number,
            "label": node_names[number] if node_names else str(number),
        }
        if opts.get("scheme") == "different":
            node["club"] = number
        nodes.append(node)
    return {
        "nodes": nodes,
        "edges": [
            {
                "source": source,
                "target": target,
                "label": edge_names[index] if edge_names else f"{source}-{target}",
            }
            for index, (source, target) in enumerate(pairs)
        ],
    }


def _neighbours(edges: Any, *, is_directed: bool) -> dict[int, dict[int, None]]:
    """The nodes in the order in which they occur, each with those it leads to."""
    found: dict[int, dict[int, None]] = {}
    given = edges.edges() if callable(getattr(edges, "edges", None)) else to_numpy(edges)
    demand(isinstance(given, Iterable), "edges must be a list of pairs of nodes")
    for node in edges.nodes() if callable(getattr(edges, "nodes", None)) else ():
        found[int(node)] = {}
    for edge in given:
        demand(isinstance(edge, Iterable) and len(tuple(edge)) == 2, "each edge is a pair of nodes")
        source, target = (_number(node) for node in edge)
        found.setdefault(source, {})
        found.setdefault(target, {})
        found[source][target] = None
        if not is_directed:
            found[target][source] = None
    return found


def _number(node: Any) -> int:
    try:
        number = int(node)
    except (TypeError, ValueError):
        number = -1
    demand(number == node and number >= 0, f"nodes are whole numbers from 0 on, not {node!r:.40}")
    return number


def _pairs(neighbours: dict[int, dict[int, None]], *, is_directed: bool) -> Iterable[tuple[int, int]]:
    done: set[int] = set()
    for node, others in neighbours.items():
        for other in others:
            if is_directed or other not in done:
                yield node, other
        done.add(node)


def _labels(value: Any, count: int, what: str, of: str) -> list[str] | None:
    if value is None:
        return None
    labels = [str(label) for label in to_numpy(value)]
    demand(len(labels) == count, f"{what} has {len(labels)} entries for {count} {of}")
    return labels
