"""Every refusal has one shape, whatever it is that refused: our rules, DRF, Django, or a mistake of ours."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions

from apps import errors
from apps.accounts.api.views import MeView
from tests.api.conftest import refused

EVERY_ERROR = [
    (errors.Invalid("x"), 400, "invalid"),
    (errors.Invalid("x", code="special", fields={"a": ["b"]}), 400, "special"),
    (errors.Unauthorized("x"), 401, "unauthorized"),
    (errors.Forbidden("x"), 403, "forbidden"),
    (errors.ReadOnly("x"), 403, "read_only"),
    (errors.NotFound("x"), 404, "not_found"),
    (errors.Conflict("x"), 409, "conflict"),
    (errors.TooLarge("x"), 413, "too_large"),
    (exceptions.ValidationError({"a": {"b": ["no"]}, "c": [{}, {"d": "no"}]}), 400, "invalid"),
    (exceptions.ValidationError(["no"]), 400, "invalid"),
    (exceptions.ValidationError({"a": ["long"]}, code="max_length"), 413, "too_large"),
    (exceptions.ValidationError({"a": [exceptions.ErrorDetail("x", "max_length"), "no"]}), 400, "invalid"),
    (exceptions.ParseError(), 400, "parse_error"),
    (exceptions.AuthenticationFailed(), 401, "unauthorized"),
    (exceptions.NotAuthenticated(), 401, "unauthorized"),
    (exceptions.PermissionDenied(), 403, "forbidden"),
    (exceptions.NotFound(), 404, "not_found"),
    (exceptions.MethodNotAllowed("POST"), 405, "method_not_allowed"),
    (exceptions.NotAcceptable(), 406, "not_acceptable"),
    (exceptions.UnsupportedMediaType("a/b"), 415, "unsupported_media_type"),
    (exceptions.Throttled(wait=7), 429, "throttled"),
    (Http404(), 404, "not_found"),
    (PermissionDenied(), 403, "forbidden"),
    (RequestDataTooBig("x"), 413, "too_large"),
    (SuspiciousOperation("x"), 400, "invalid"),
    (ZeroDivisionError("secret"), 500, "server_error"),
]


@pytest.fixture
def answer_to(api, cast, monkeypatch):
    """The answer of an address whose view raises this."""

    def answer(error: Exception):
        def fail(view, request):
            raise error

        monkeypatch.setattr(MeView, "get", fail)
        program = api(cast.owner)
        program.raise_request_exception = False
        return program.get("/api/v1/me")

    return answer


@pytest.mark.parametrize(("error", "status", "code"), EVERY_ERROR, ids=lambda value: type(value).__name__)
def test_every_error_has_the_one_shape(answer_to, error, status, code):
    response = answer_to(error)
    assert refused(response) == (status, code)
    assert response["Content-Type"] == "application/json"


def test_nested_fields_have_dotted_names(answer_to):
    response = answer_to(exceptions.ValidationError({"a": {"b": ["no"]}, "c": [{}, {"d": "never"}]}))
    assert response.json()["fields"] == {"a.b": ["no"], "c.1.d": ["never"]}
    assert response.json()["detail"] == "a.b: no (And 1 more, see fields.)"


def test_our_own_mistakes_tell_nothing_of_themselves(answer_to):
    assert "secret" not in answer_to(ZeroDivisionError("secret")).content.decode()


def test_who_is_too_fast_learns_when_to_come_back(answer_to):
    assert answer_to(exceptions.Throttled(wait=7))["Retry-After"] == "7"


def test_who_is_nobody_is_challenged(answer_to):
    assert answer_to(errors.Unauthorized("x"))["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v2/envs", "/api/v1/envs/", "/api/"])
def test_an_address_that_does_not_exist_is_answered_to_programs_as_json(api, cast, address):
    assert refused(api(cast.owner).get(address)) == (404, "not_found")
    assert refused(api(None).get(address)) == (401, "unauthorized")


def test_a_method_an_address_does_not_have_is_405_and_says_which_it_has(api, cast):
    response = api(cast.owner).put("/api/v1/envs", {})
    assert refused(response) == (405, "method_not_allowed")
    assert set(response["Allow"].split(", ")) >= {"GET", "POST"}
    assert refused(api(cast.owner).options("/api/v1/envs")) == (405, "method_not_allowed")
