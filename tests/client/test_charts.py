"""Charts, fields and networks beyond what visdom draws: other input, repaired drawing, clear refusals."""

import json

import numpy as np
import pytest

from panewall.errors import BadNodes


def only_trace(answer):
    message, endpoint = answer
    assert endpoint == "events"
    json.dumps(message, allow_nan=False)
    (trace,) = message["data"]
    return trace


def test_tables_of_pandas_are_taken_everywhere(vis):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, None]})
    assert only_trace(vis.heatmap(table))["z"] == [[1.0, 3.0], [2.0, None]]
    assert only_trace(vis.scatter(table))["y"] == [3.0, None]
    assert [trace["y"] for trace in vis.boxplot(table)[0]["data"]] == [[1.0, 2.0], [3.0, None]]
    assert only_trace(vis.pie(table["a"]))["values"] == [1.0, 2.0]
    assert only_trace(vis.surf(table))["cmax"] == 3.0
    assert len(only_trace(vis.quiver(table, table))["x"]) == 4 * 7
    assert only_trace(vis.stem(table["a"]))["x"] == [1.0, 1.0, None, 2.0, 2.0, None]


class Tensor:
    """What this client knows of a tensor of torch, which most machines that test it do not have."""

    def __init__(self, values, *, is_attached=True, where="cuda"):
        self.values, self.is_attached, self.where = np.asarray(values), is_attached, where

    def detach(self):
        return Tensor(self.values, is_attached=False, where=self.where)

    def cpu(self):
        return Tensor(self.values, is_attached=self.is_attached, where="cpu")

    def numpy(self):
        if self.is_attached or self.where != "cpu":
            raise TypeError("only a detached tensor of the CPU can become an array")
        return self.values


def test_tensors_are_taken_everywhere(vis):
    table = Tensor([[1.0, 2.0], [3.0, 4.0]])
    for plot in (vis.line, vis.scatter, vis.bar, vis.boxplot, vis.heatmap, vis.surf, vis.stem, vis.image):
        assert plot(table) == plot(table.values)
    assert vis.quiver(table, table) == vis.quiver(table.values, table.values)
    assert vis.line([Tensor(1.0), Tensor(2.0)], opts={"linecolor": Tensor([[1, 2, 3]])}) == vis.line(
        [1.0, 2.0], opts={"linecolor": np.array([[1, 2, 3]])}
    )
    assert vis.audio(Tensor([0.5, 1.0])) == vis.audio(np.array([0.5, 1.0]))


@pytest.mark.parametrize("opts", [{"opacity": 0.5}, {"color": "red", "opacity": 0.5}])
def test_the_edges_of_a_mesh_in_the_plane_are_lines(vis, opts):
    trace = only_trace(vis.mesh([[0, 0], [0, 1], [1, 0]], [[0, 1], [1, 2]], opts=opts))
    assert (trace["type"], trace["mode"], trace["opacity"]) == ("scatter", "lines", 0.5)
    assert trace["x"] == [0, 0, None, 0, 1, None] and trace["y"] == [0, 1, None, 1, 0, None]
    assert trace["line"] == ({"color": "red"} if "color" in opts else {})


def test_triangles_of_a_mesh_may_be_in_the_plane(vis):
    trace = only_trace(vis.mesh([[0, 0], [0, 1], [1, 0]], [0, 1, 2]))
    assert (trace["type"], trace["z"], trace["i"], trace["k"]) == ("mesh3d", [0, 0, 0], [0], [2])


@pytest.mark.parametrize("faces", [[[0, 1, 3]], [[0, 1, -1]], [[0, 1, 0.5]]])
def test_a_mesh_has_the_vertices_that_it_names(vis, faces):
    with pytest.raises(AssertionError):
        vis.mesh([[0, 0, 0], [0, 1, 0], [1, 0, 0]], faces)


def test_options_of_traces_work_for_every_plot(vis):
    opts = {"traceopts": {"plotly": {"column 0": {"boxpoints": "all"}, 1: {"opacity": 0.5}}}}
    first, second = vis.boxplot(np.ones((3, 2)), opts=opts)[0]["data"]
    assert first["boxpoints"] == "all" and second["opacity"] == 0.5
    message, _ = vis.line(
        [1], [1], win="w", update="append", opts={"traceopts": {"plotly": {0: {"opacity": 1}}}}
    )
    assert message["data"][0]["opacity"] == 1
    with pytest.raises(AssertionError):
        vis.bar([1, 2], opts={"traceopts": {"matplotlib": {}}})


def test_options_of_the_layout_work_for_every_plot(vis):
    opts = {"layoutopts": {"plotly": {"hovermode": "x"}}}
    for message, _ in (vis.pie([1, 2], opts=opts), vis.surf(np.ones((2, 2)), opts=opts)):
        assert message["layout"]["hovermode"] == "x"


@pytest.mark.parametrize(
    "opts",
    [
        {"legend": ["a", "b"], "title": None},
        {"xmin": None, "xmax": 3},
        {"traceopts": {"plotly": {0: {"name": "x"}}}},
        {"layoutopts": {"plotly": {"title": "x"}}},
    ],
)
@pytest.mark.filterwarnings("ignore:opts.title")
def test_the_callers_options_stay_as_they_were(vis, opts):
    before = dict(opts)
    table = [[1.0, 2.0], [3.0, 4.0]]
    calls = (vis.line, vis.scatter, vis.bar, vis.boxplot, vis.heatmap, vis.surf, vis.contour, vis.stem)
    for plot in calls:
        plot(table, opts=opts)
    vis.graph([(0, 1)], opts=opts)
    vis.dual_axis_lines([1], [2], [3], opts=opts)
    vis.audio(np.ones(3), opts=opts)
    vis.update_window_opts("w", opts)
    assert set(opts) == set(before) and all(opts[key] is before[key] for key in before)


# --- networks ---


def network(answer):
    (item,) = answer[0]["data"]
    return item["content"]


def test_a_graph_of_networkx_is_taken_as_it_is(vis):
    networkx = pytest.importorskip("networkx")
    content = network(vis.graph(networkx.path_graph(3)))
    assert [node["name"] for node in content["nodes"]] == [0, 1, 2]
    assert [edge["label"] for edge in content["edges"]] == ["0-1", "1-2"]
    lonely = networkx.Graph()
    lonely.add_nodes_from([0, 1])
    assert network(vis.graph(lonely))["edges"] == []


def test_networks_are_as_networkx_orders_them(vis):
    networkx = pytest.importorskip("networkx")
    edges = np.random.default_rng(1).integers(0, 12, (40, 2)).tolist() + [[i, i + 1] for i in range(11)]
    order = [f"{u}-{v}" for u, v in networkx.Graph(edges).edges()]
    assert [edge["label"] for edge in network(vis.graph(edges))["edges"]] == order


@pytest.mark.parametrize("edges", [[(1, 2)], [(0, 2)], []])
def test_nodes_are_numbered_without_gaps(vis, edges):
    with pytest.raises(BadNodes, match="no node") as caught:
        vis.graph(edges)
    assert isinstance(caught.value, RuntimeError) and isinstance(caught.value, AssertionError)


@pytest.mark.parametrize("edges", [1, [1, 2], [("a", "b")], [(0, 1, 2)], [(-1, 0)], [(0.5, 0)]])
def test_what_is_no_list_of_edges_is_refused(vis, edges):
    with pytest.raises(AssertionError):
        vis.graph(edges)


@pytest.mark.parametrize("data", ["x", 5, ["x"], {"type": "text"}])
def test_what_is_no_form_is_refused(vis, data):
    with pytest.raises(AssertionError):
        vis.properties(data)


def test_arrows_without_length_stay_points(vis):
    trace = only_trace(vis.quiver(np.zeros((1, 1)), np.zeros((1, 1)), opts={"normalize": 1}))
    assert trace["x"][:3] == [0, 0, None]


def test_single_values_are_drawn(vis):
    assert only_trace(vis.pie([3]))["values"] == [3]
    assert only_trace(vis.histogram([3.0, np.nan, 3.0], opts={"numbins": 1}))["y"] == [2]


@pytest.mark.parametrize("numbins", [0, -1, 2.5])
def test_a_histogram_has_at_least_one_bar(vis, numbins):
    with pytest.raises(AssertionError):
        vis.histogram([1.0, 2.0], opts={"numbins": numbins})
