"""Smaller pictures: made by one job, asked for before they are there, and never more than the original."""

import asyncio
import io
import json

import celery.worker.state
import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import AsyncClient
from PIL import Image

from apps.accounts.tokens import create_token
from apps.envs.models import Env
from apps.jobs.models import Job
from apps.media import files, tasks, thumbnails, views, watching
from apps.media.models import Asset, Rendition, Sample, Work
from apps.media.renditions import offered
from apps.windows.models import Window
from tests.media.conftest import encoded, noise

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(thumbnails, "LINGER_S", 0.0)


def painted(data: bytes) -> Asset:
    asset = files.store(data)
    tasks.paint(Job.objects.get(task=thumbnails.TASK).pk)
    asset.refresh_from_db()
    return asset


def opened(asset: Asset, name: str) -> Image.Image:
    with default_storage.open(Rendition.objects.get(asset=asset, name=name).path) as file:
        picture = Image.open(io.BytesIO(file.read()))
        picture.load()
        return picture


def test_a_large_picture_gets_every_smaller_size_as_webp():
    asset = painted(encoded(noise(1500, 750)))
    sizes = {row.name: (row.width, row.height) for row in Rendition.objects.filter(asset=asset)}
    assert sizes == {"w320": (320, 160), "w640": (640, 320), "w1280": (1280, 640)}
    assert (opened(asset, "w640").format, opened(asset, "w640").size) == ("WEBP", (640, 320))
    assert asset.work == "ready"


def test_a_small_picture_is_answered_itself_and_costs_no_work():
    asset = files.store(encoded(noise(320, 200)))
    assert (asset.work, Job.objects.count()) == ("", 0)
    assert offered(asset, []) == ["w320", "w640", "w1280"]


def test_what_would_be_heavier_than_the_original_is_not_kept():
    """A few large areas in a PNG of a few bytes; of one that is very much larger a small one is made all the same."""
    drawn = painted(encoded(Image.new("1", (600, 600))))
    assert (drawn.work, list(Rendition.objects.all())) == ("ready", [])
    assert offered(drawn, []) == ["w320", "w640", "w1280"]
    painted(encoded(Image.new("1", (1400, 1400))))
    assert "w320" in Rendition.objects.values_list("name", flat=True)


@pytest.mark.parametrize(
    ("make", "corner"),
    [
        (lambda: encoded(noise(400).convert("CMYK"), "JPEG"), None),
        (lambda: encoded(Image.new("I;16", (400, 400), 32768)), (128, 128, 128)),
        (lambda: encoded(Image.new("RGBA", (400, 400), (0, 0, 255, 0))), None),
        (lambda: encoded(Image.new("P", (400, 400), 1)), None),
        (lambda: encoded(Image.new("1", (400, 400), 1), "BMP"), (255, 255, 255)),
        (lambda: encoded(noise(400), "WEBP"), None),
    ],
)
def test_every_sort_of_pixels_is_made_smaller(make, corner):
    asset = files.store(make())
    picture = Image.open(io.BytesIO(thumbnails.paint_now(asset, 320)))
    assert max(picture.size) == 320
    if corner:
        assert picture.convert("RGB").getpixel((5, 5)) == corner


def test_an_animation_stays_one():
    frames = [Image.new("RGB", (400, 300), (80 * n, 0, 0)) for n in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=70) + bytes(20_000)
    asset = painted(data)  # heavy enough to be worth it
    picture = opened(asset, "w320")
    assert (picture.n_frames, picture.size) == (3, (320, 240))


def test_a_picture_that_was_held_upright_lies_right():
    exif = Image.Exif()
    exif[0x0112] = 6
    asset = painted(encoded(noise(800, 400), "JPEG", exif=exif.tobytes()))
    assert (asset.width, asset.height) == (400, 800)
    assert opened(asset, "w320").size == (160, 320)


def test_one_job_makes_them_all_and_those_asked_for_come_first():
    several = [files.store(encoded(noise(400, seed=n))) for n in range(5)]
    assert Job.objects.filter(task=thumbnails.TASK).count() == 1
    thumbnails.want([several[0].pk])
    assert thumbnails._due()[0].pk == several[0].pk
    tasks.paint(Job.objects.get(task=thumbnails.TASK).pk)
    assert set(Asset.objects.values_list("work", flat=True)) == {"ready"}
    assert Rendition.objects.count() == 5


def test_work_that_comes_while_the_job_ends_is_not_forgotten(monkeypatch):
    """The job saw nothing more to do; before its row says so, a picture comes and finds the job running."""
    files.store(encoded(noise(400)))
    job = Job.objects.get(task=thumbnails.TASK)
    run = thumbnails.run

    def run_and_miss(running):
        run(running)
        files.store(encoded(noise(400, seed=1)))

    monkeypatch.setattr(thumbnails, "run", run_and_miss)
    tasks.paint(job.pk)
    job.refresh_from_db()
    assert (job.state, thumbnails.has_work()) == (Job.State.QUEUED, True)


def test_a_server_that_ends_waits_for_no_pictures_and_the_next_one_makes_them(monkeypatch):
    asset = files.store(encoded(noise(400)))
    job = Job.objects.get(task=thumbnails.TASK)
    with monkeypatch.context() as ending:
        ending.setattr(celery.worker.state, "should_stop", 0)
        tasks.paint(job.pk)
    job.refresh_from_db()
    assert (job.state, thumbnails.has_work()) == (Job.State.QUEUED, True)
    tasks.paint(job.pk)
    asset.refresh_from_db()
    assert asset.work == "ready"


def test_what_a_crash_left_is_swept_up():
    asset = files.store(encoded(noise(400)))
    Job.objects.all().delete()
    tasks.look_for_work()
    tasks.paint(Job.objects.get(task=thumbnails.TASK).pk)
    asset.refresh_from_db()
    assert asset.work == "ready"


def test_a_picture_that_is_gone_or_cannot_be_drawn_does_not_hold_up_others(monkeypatch):
    gone, broken, fine = (files.store(encoded(noise(400, seed=n))) for n in range(3))
    default_storage.delete(gone.path)
    with default_storage.open(broken.path, "wb") as file:
        file.write(b"damaged since")
    tasks.paint(Job.objects.get(task=thumbnails.TASK).pk)
    assert dict(Asset.objects.values_list("pk", "work")) == {
        gone.pk: "failed",
        broken.pk: "failed",
        fine.pk: "ready",
    }


def test_a_painter_that_was_ended_is_replaced(monkeypatch):
    from apps.media.painting import Failed, Painter

    painter = Painter(niceness=0)
    data = encoded(noise(330))
    painter.paint(data, [320])
    painter._process.kill()
    (again,) = painter.paint(data, [320])
    assert again.size == (320, 320)
    monkeypatch.setattr("apps.media.painting.PATIENCE_S", 0.0)
    with pytest.raises(Failed, match="time or memory"):
        painter.paint(data, [320])
    monkeypatch.undo()
    with pytest.raises(Failed, match="cannot be made smaller"):
        painter.paint(b"no picture", [320])
    painter.close()


# --- over HTTP


@pytest.fixture
def shown(ann, desk):
    """``shown(data)``: an env of Ann's that shows a file, and how she asks for it."""

    def show(data: bytes):
        put = {"do": "sample.put", "env": "run", "win": "w", "image": data}
        assert not desk.send(ann, put).errors
        env = Env.objects.get(name="run")
        sample = Sample.objects.get(window=Window.objects.get(env=env))
        raw = create_token(user=env.workspace.owner, name="t")[1]
        return env, sample.asset, {"Authorization": f"Bearer {raw}"}

    return show


async def fetch(address: str, **headers: str):
    response = await AsyncClient().get(address, headers=headers)
    if response.streaming:
        response.bytes = b"".join([part async for part in response.streaming_content])
    else:
        response.bytes = response.content
    return response


@async_to_sync
async def get(address: str, **headers: str):
    return await fetch(address, **headers)


def rest(env: Env, asset: Asset, name: str = "") -> str:
    return f"/api/v1/envs/{env.full_name}/assets/{asset.pk}{'/' if name else ''}{name}"


def test_a_small_picture_that_is_not_made_yet_is_drawn_for_who_asks_and_waits_for_no_job(shown, monkeypatch):
    async def until_made(self, sha256):
        pytest.fail("It waited for the job.")

    monkeypatch.setattr(watching.Watch, "until_made", until_made)
    env, asset, who = shown(encoded(noise(700)))
    response = get(rest(env, asset, "w320"), **who)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(response.bytes)).size == (320, 320)
    assert Asset.objects.get(pk=asset.pk).work == Work.QUEUED


def test_a_large_picture_is_waited_for_until_the_job_has_made_it_smaller(shown, monkeypatch):
    monkeypatch.setattr(views, "QUICK_PIXELS", 0)
    env, asset, who = shown(encoded(noise(700)))
    job = Job.objects.get(task=thumbnails.TASK)

    @async_to_sync
    async def ask_and_then_work():
        asked = asyncio.ensure_future(fetch(rest(env, asset, "w320"), **who))
        await asyncio.to_thread(tasks.paint, job.pk)
        return await asked

    response = ask_and_then_work()
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(response.bytes)).size == (320, 320)
    assert "immutable" in response["Cache-Control"]
    again = get(rest(env, asset, "w320"), **who, **{"If-None-Match": response["ETag"]})
    assert again.status_code == 304
    part = get(rest(env, asset, "w320"), **who, Range="bytes=4-7")
    assert (part.status_code, part.bytes) == (206, response.bytes[4:8])


def test_without_a_worker_a_smaller_picture_is_still_answered_and_never_the_whole_file(shown, monkeypatch):
    monkeypatch.setattr(watching, "PATIENCE_S", 0.05)
    env, asset, who = shown(encoded(noise(700)))
    response = get(rest(env, asset, "w640"), **who)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(response.bytes)).size == (640, 640)
    assert get(rest(env, asset, "w1280"), **who)["Content-Type"] == "image/png"


def test_what_is_no_rendition_or_is_hidden_looks_missing(shown, bob):
    env, asset, who = shown(encoded(noise(30)))
    assert get(rest(env, asset, "w99"), **who).status_code == 404
    assert get(rest(env, asset, "poster"), **who).json()["code"] == "not_made"
    from apps.accounts.models import User

    other = create_token(user=User.objects.get(pk=bob.user_id), name="t")[1]
    assert get(rest(env, asset, "w320"), Authorization=f"Bearer {other}").status_code == 404
    assert get(f"/f/{env.pk}/assets/{asset.pk}/w320").status_code in (302, 404)


def test_a_scripted_svg_is_served_where_nothing_of_it_runs(shown):
    data = b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><script>alert(1)</script></svg>'
    env, asset, who = shown(data)
    assert (asset.content_type, asset.width, asset.height) == ("image/svg+xml", 30, 20)
    for name in ("", "w320"):
        response = get(rest(env, asset, name), **who)
        assert response.bytes == data
        policy = response["Content-Security-Policy"]
        assert policy.startswith("sandbox; default-src 'none'")
        assert "script" not in policy
        assert response["X-Content-Type-Options"] == "nosniff"


def test_a_range_is_answered_in_pieces_of_bounded_size(shown, monkeypatch):
    monkeypatch.setattr(views, "PIECE", 1000)
    data = encoded(noise(40))
    env, asset, who = shown(data)
    for wanted, expected in (
        ("bytes=0-", data[:1000]),
        ("bytes=100-99999", data[100:1100]),
        ("bytes=-10", data[-10:]),
    ):
        part = get(rest(env, asset), **who, Range=wanted)
        assert (part.status_code, part.bytes) == (206, expected)
    assert get(rest(env, asset), **who, Range=f"bytes={len(data)}-").status_code == 416
    assert get(rest(env, asset), **who, Range="bytes=0-3", **{"If-Range": '"other"'}).status_code == 200


def test_states_are_looked_up_by_few_queries(django_assert_num_queries):
    several = [files.store(encoded(noise(330, seed=n))) for n in range(6)]
    with django_assert_num_queries(3):
        states = watching.states_of([asset.pk for asset in several])
    assert json.dumps(states[several[0].pk].as_frame("x"))
    assert {state.state for state in states.values()} == {"queued"}
