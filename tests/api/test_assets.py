"""``…/assets/<sha256>``: the files of an env's image windows, for whoever may see the env."""

import io

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from PIL import Image

from apps.accounts.principals import Principal
from apps.media import files
from apps.windows.write import write
from tests.api.conftest import ENV, put, refused, window_url


@pytest.fixture
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def sample(api, wall, picture) -> dict:
    put(
        wall.member,
        {"do": "sample.put", "win": "cat", "step": 7, "index": 0, "image": picture, "caption": "a cat"},
    )
    (sample,) = api(wall.viewer).get(window_url("cat")).json()["content"]["samples"]
    return sample


def fetch(program, address: str, **headers: str):
    """As over ASGI, where files are streamed."""
    client = AsyncClient()
    authorization = program._credentials.get("HTTP_AUTHORIZATION", "")

    async def get():
        response = await client.get(address, headers={"Authorization": authorization, **headers})
        if response.streaming:
            response.bytes = b"".join([part async for part in response.streaming_content])
        return response

    return async_to_sync(get)()


def test_an_image_window_lists_the_samples_of_its_last_step(sample):
    assert (sample["step"], sample["caption"], sample["width"], sample["height"]) == (7, "a cat", 3, 2)


def test_its_file_is_at_the_samples_address(api, wall, sample, picture):
    response = fetch(api(wall.viewer), f"{ENV}/{sample['url']}")
    assert (response.status_code, response["Content-Type"], response.bytes) == (200, "image/png", picture)
    assert "sandbox" in response["Content-Security-Policy"]
    again = fetch(api(wall.viewer), f"{ENV}/{sample['url']}", **{"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    part = fetch(api(wall.viewer), f"{ENV}/{sample['url']}", Range="bytes=0-3")
    assert (part.status_code, part.bytes) == (206, picture[:4])


def test_a_hidden_file_looks_like_a_missing_one(api, wall, sample):
    assert refused(api(wall.stranger).get(f"{ENV}/{sample['url']}")) == (404, "not_found")
    assert refused(api(wall.viewer).get(f"{ENV}/assets/{'0' * 64}")) == (404, "not_found")
    elsewhere = f"/api/v1/envs/viewer/main/{sample['url']}"
    assert refused(api(wall.viewer).get(elsewhere)) == (404, "not_found")
    assert refused(api(None).get(f"{ENV}/{sample['url']}")) == (401, "unauthorized")


def test_to_know_the_name_of_a_file_is_not_to_have_it(api, wall, sample, picture):
    """Whoever sent a file or sees it may show it by its name; to others it is missing."""
    named = {"do": "sample.put", "win": "taken", "asset": sample["asset"]}
    missing = {**named, "asset": "0" * 64}
    of_stranger = Principal.of_user(wall.stranger)
    for command in (named, missing):
        (refusal,) = write(of_stranger, [{"env": "stranger/main", **command}])
        assert (refusal["code"], refusal["detail"][-16:]) == ("not_found", "upload it first.")
    put(wall.viewer, named, env="viewer/main")
    files.store(picture, owner_id=wall.stranger.pk)
    put(wall.stranger, named, env="stranger/main")
    address = f"/api/v1/envs/stranger/main/{sample['url']}"
    assert fetch(api(wall.stranger), address).bytes == picture


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ('W/"{}"', 304),
        ('"other", W/"{}"', 304),
        ("*", 304),
        ('"other"', 200),
    ],
)
def test_a_browser_that_has_the_file_is_told_so(api, wall, sample, asked, status):
    asked = asked.format(sample["asset"])
    answer = fetch(api(wall.viewer), f"{ENV}/{sample['url']}", **{"If-None-Match": asked})
    assert answer.status_code == status


@pytest.mark.parametrize("asked", [f"bytes={'9' * 5000}-", f"bytes=0-{'9' * 5000}", f"bytes=-{'9' * 5000}"])
def test_a_range_of_absurd_numbers_is_none(api, wall, sample, picture, asked):
    whole = fetch(api(wall.viewer), f"{ENV}/{sample['url']}", Range=asked)
    assert (whole.status_code, whole.bytes) == (200, picture)


def test_the_head_of_a_file_is_that_of_the_whole(api, wall, sample, picture):
    answer = api(wall.viewer).head(f"{ENV}/{sample['url']}", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer["Content-Length"]) == (200, str(len(picture)))
