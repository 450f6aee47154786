"""The OpenAPI document is true: schemathesis sends what it allows, and what it does not, to the whole server."""

import re
from collections.abc import Iterator

import pytest
import schemathesis
from django.urls import URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from apps.accounts.tokens import create_token
from panewall_server.api_docs import document
from panewall_server.asgi import application
from tests.api.conftest import put

ENVS = 3
CONTENT = [
    {"do": "trace.append", "win": "loss", "trace": "train", "x": [0, 1, 2, 3, 4], "y": [5, 4, None, 2, 1]},
    {"do": "text.append", "win": "notes", "text": "hello"},
    {"do": "metrics.log", "series": {"accuracy": {"step": [0, 1], "value": [0.5, 0.75]}}},
]


for media_type in ("application/msgpack", "audio/*", "video/*"):
    schemathesis.openapi.media_type(media_type, st.binary())
schema = schemathesis.openapi.from_dict(document())
schema.app = application
schema.config.generation.update(allow_x00=False)  # refused everywhere, and tested in test_bodies
schema.config.checks.negative_data_rejection.expected_statuses.append("413")  # too long is too large
schema.config.phases.coverage.unexpected_methods = {"put", "trace"}  # two stand for all


@pytest.fixture
def owners_token(wall) -> str:
    """The token of an owner whose workspace has content."""
    for number in range(ENVS):
        put(wall.owner, *CONTENT, env=f"team/run{number}")
    return create_token(user=wall.owner, name="schemathesis", scope="admin")[1]


@pytest.fixture
def session() -> Iterator[asgi.ASGIClient]:
    """One event loop for all requests of a test: to begin one for each costs more than to answer it."""
    with asgi.get_client(application) as client:
        client.trust_env = False  # or it looks for proxies in the whole environment, for each request
        yield client


def test_the_document_is_complete_and_has_no_doubts():
    """Every address that programs have is in it, and drf-spectacular had nothing to guess."""
    GENERATOR_STATS.reset()
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert not GENERATOR_STATS
    served = {f"/{route}" for route in rest_routes(get_resolver().url_patterns)}
    assert served == set(paths)
    operations = [operation for path in paths.values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert {"400", "401", "403", "404", "429"} <= set(operation["responses"])


def rest_routes(patterns, prefix: str = ""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from rest_routes(pattern.url_patterns, route)
        elif route.startswith("api/v1/") and pattern.name != "api-schema":
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


@schema.parametrize()
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case, owners_token, session):
    aim(case)
    response = case.call(session=session, headers={"Authorization": f"Bearer {owners_token}"})
    case.validate_response(response, excluded_checks=beyond_schema(case, response))


def beyond_schema(case, response) -> list:
    """Checks that would judge what JSON Schema has no words for."""
    if case.operation.path == "/api/v1/ingest":
        return [
            positive_data_acceptance,
            negative_data_rejection,
        ]  # each command is judged on its own, and once
    if case.operation.method == "put" and case.operation.path.endswith("/object"):
        return [positive_data_acceptance, negative_data_rejection]  # what a window is, no schema says
    if response.status_code == 400:
        error = response.json()
        if error["code"] == "no_image":  # any bytes are valid, and few are an image
            return [positive_data_acceptance]
        if error["code"] == "bad_pin":  # what pins there are together, and of envs of their page
            return [positive_data_acceptance]
        if error["code"] == "parse_error":  # huge integers inside a free map
            return [positive_data_acceptance]
        if case.operation.method == "patch" and case.operation.path.endswith(
            ("{win}", "/window")
        ):  # judged by what the window is
            return [positive_data_acceptance]
        if case.operation.path.endswith("/export") and set(error["fields"]) == {
            "format"
        }:  # envs and windows differ
            return [positive_data_acceptance]
        if {"expires_at", "x1"} & set(error["fields"]):  # times and ranges that end before they begin
            return [positive_data_acceptance]
    return []


def aim(case) -> None:
    """Most made-up names hit nothing; half of the valid ones are pointed at what is there."""
    if case.path_parameters.get("win") == "":  # has no address: the slashes round it become one
        case.path_parameters["win"] = "empty"
    where = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
    if where is None or where.mode != GenerationMode.POSITIVE:
        return
    there = {
        "workspace": "team",
        "env": f"run{len(str(case.path_parameters.get('env'))) % ENVS}",
        "win": "loss",
        "index": 0,
        "name": "day",
    }
    if len(str(case.path_parameters)) % 2:
        case.path_parameters.update({k: v for k, v in there.items() if k in case.path_parameters})
