"""``…/traces/<index>/data``: points, exact or thinned, as JSON, MessagePack or CSV."""

import csv
import io
import json
from urllib.parse import quote

import msgpack
import numpy as np
import pytest
from django.test import AsyncClient

from tests.api.conftest import ENV, put, refused


def data_url(key: str = "loss", index: int = 0, query: str = "") -> str:
    return f"{ENV}/traces/{index}/data?win={quote(key)}{query}"


def column(packed: dict) -> np.ndarray:
    return np.frombuffer(packed["bdata"], dtype=f"<{packed['dtype']}")


def table(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_json_has_every_point_and_null_for_a_gap(api, wall):
    data = api(wall.viewer).get(data_url()).json()
    assert data["columns"] == {"x": [0, 1, 2, 3, 4], "y": [5, 4, None, 2, 1]}
    assert (data["count"], data["start"], data["stop"], data["bucket"]) == (5, 0, 5, 1)


def test_messagepack_has_the_same_as_bytes_and_keeps_gaps_and_infinities(api, wall):
    put(
        wall.member,
        {
            "do": "trace.append",
            "win": "wild",
            "y": {"dtype": "f8", "bdata": np.array([np.nan, np.inf, -np.inf, 0.1]).tobytes()},
        },
    )
    response = api(wall.viewer).get(data_url("wild"), HTTP_ACCEPT="application/msgpack")
    assert response["Content-Type"] == "application/msgpack"
    y = column(msgpack.unpackb(response.content)["columns"]["y"])
    np.testing.assert_array_equal(y, [np.nan, np.inf, -np.inf, 0.1])
    assert api(wall.viewer).get(data_url("wild")).json()["columns"]["y"] == [None, None, None, 0.1]


def test_csv_is_a_table_that_reads_back_exactly(api, wall):
    put(
        wall.member,
        {
            "do": "trace.append",
            "win": "wild",
            "x": [0, 1, 2],
            "y": {"dtype": "f8", "bdata": np.array([np.nan, np.inf, 1 / 3]).tobytes()},
        },
    )
    response = api(wall.viewer).get(data_url("wild", query="&format=csv"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response["Content-Disposition"]
    assert table(response) == [["x", "y"], ["0.0", ""], ["1.0", "inf"], ["2.0", "0.3333333333333333"]]


def test_no_cell_of_a_csv_is_a_formula(api, wall):
    texts = ["=cmd()", "+1", "-1", "@x", "plain", 'quo"te,', None]
    put(wall.member, {"do": "trace.append", "win": "said", "y": [-1] * 7, "columns": {"text": texts}})
    header, *rows = table(api(wall.viewer).get(data_url("said", query="&format=csv")))
    cells = [row[header.index("text")] for row in rows]
    assert cells == ["'=cmd()", "'+1", "'-1", "'@x", "plain", 'quo"te,', ""]
    assert {row[header.index("y")] for row in rows} == {"-1.0"}  # numbers stay numbers


@pytest.mark.parametrize("accept", ["text/csv", "text/csv, application/json;q=0.5"])
def test_the_accept_header_chooses_too(api, wall, accept):
    assert api(wall.viewer).get(data_url(), HTTP_ACCEPT=accept)["Content-Type"].startswith("text/csv")


def test_a_type_nobody_can_give_is_406_and_an_unknown_format_400(api, wall):
    viewer = api(wall.viewer)
    assert refused(viewer.get(data_url(), HTTP_ACCEPT="image/png")) == (406, "not_acceptable")
    response = viewer.get(data_url(query="&format=xml"))
    assert refused(response) == (400, "invalid")
    assert "format" in response.json()["fields"]


def test_errors_are_json_whatever_was_asked_for(api, wall):
    response = api(wall.viewer).get(data_url(index=7, query="&format=csv"))
    assert response["Content-Type"] == "application/json"
    assert refused(response)[0] == 404


def test_a_range_brings_its_points_and_one_more_at_either_side(api, wall):
    data = api(wall.viewer).get(data_url(query="&x0=1.5&x1=2.5")).json()
    assert data["columns"]["x"] == [1, 2, 3]
    assert (data["start"], data["count"]) == (1, 5)


def test_a_width_thins_a_long_line_and_keeps_its_peaks(api, wall):
    y = np.sin(np.arange(20_000) / 50)
    y[12_345] = 99
    put(wall.member, {"do": "trace.append", "win": "long", "y": {"dtype": "f8", "bdata": y.tobytes()}})
    data = api(wall.viewer).get(data_url("long", query="&width=200")).json()
    assert data["bucket"] > 1
    assert data["count"] == 20_000
    assert len(data["columns"]["y"]) <= 4 * 256
    assert max(data["columns"]["y"]) == 99
    assert data["positions"][data["columns"]["y"].index(99)] == 12_345
    exact = api(wall.viewer).get(data_url("long")).json()
    np.testing.assert_array_equal(exact["columns"]["y"], y)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("&width=0", "width"),
        ("&width=99999999999999999999", "width"),
        ("&x0=nan", "x0"),
        ("&x1=inf", "x1"),
        ("&x0=5&x1=1", "x1"),
        ("&x0=red", "x0"),
        ("&whidth=5", "whidth"),
    ],
)
def test_a_range_that_makes_no_sense_is_refused_by_name(api, wall, query, field):
    response = api(wall.viewer).get(data_url(query=query))
    assert refused(response) == (400, "invalid")
    assert field in response.json()["fields"]


def test_hidden_and_missing_traces_look_the_same(api, wall):
    assert refused(api(wall.stranger).get(data_url()))[0] == 404
    assert refused(api(wall.viewer).get(data_url("none")))[0] == 404
    assert refused(api(wall.viewer).get(data_url(index=1)))[0] == 404
    assert refused(api(wall.viewer).get(data_url(index=10**18)))[0] == 404


def test_a_large_answer_is_written_in_blocks_and_reads_the_same(api, wall):
    y = np.random.default_rng(1).normal(size=50_001)
    y[[7, 20_000, 50_000]] = np.nan
    put(wall.member, {"do": "trace.append", "win": "long", "y": {"dtype": "f8", "bdata": y.tobytes()}})
    response = api(wall.viewer).get(data_url("long"))
    parts = list(response.streaming_content)
    assert max(map(len, parts)) < 1_000_000
    columns = json.loads(b"".join(parts))["columns"]
    np.testing.assert_array_equal(np.array(columns["y"], dtype=float), y)
    np.testing.assert_array_equal(columns["x"], np.arange(50_001))


@pytest.mark.asyncio
async def test_a_real_server_streams_the_table_off_its_event_loop(api, wall):
    from asgiref.sync import sync_to_async

    program = await sync_to_async(api)(wall.viewer)
    header = program._credentials["HTTP_AUTHORIZATION"]
    response = await AsyncClient().get(data_url(query="&format=csv"), headers={"Authorization": header})
    assert response.is_async
    lines = b"".join([block async for block in response.streaming_content]).split(b"\r\n")
    assert lines[:2] == [b"x,y", b"0.0,5.0"]
