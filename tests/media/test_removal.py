"""Files nobody shows any more are removed, and never one that somebody is about to show."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from apps.accounts import services
from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.errors import NotFound
from apps.media import files, storing, tasks
from apps.media.models import Asset, Sample, Sending
from apps.windows import write as write_path
from apps.windows.commands import decode
from apps.windows.models import Window

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "snapshot"])

LONG_AGO = files.GRACE + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    return tmp_path / "files"


def picture(shade: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (shade, 0, 0)).save(file, "PNG")
    return file.getvalue()


def forgotten(data: bytes, owner_id: int | None = None) -> Asset:
    """An asset that was stored long ago and that no window shows."""
    asset = files.store(data, owner_id=owner_id)
    Asset.objects.filter(pk=asset.pk).update(wanted_at=timezone.now() - LONG_AGO)
    asset.refresh_from_db()
    return asset


def show(asset: Asset) -> Sample:
    owner = services.create_user(username="ann")
    window = Window.objects.create(env=Env.objects.get(workspace__owner=owner), key="i", kind="image")
    return Sample.objects.create(window=window, step=0, asset=asset)


def test_what_nobody_shows_goes_with_its_file():
    asset = forgotten(picture(), owner_id=services.create_user(username="ann").pk)
    assert tasks.remove_unused() == 1
    assert not Asset.objects.exists() and not Sending.objects.exists()
    assert not default_storage.exists(asset.path)


def test_what_was_just_sent_and_what_is_shown_stay():
    show(forgotten(picture(1)))
    files.store(picture(2))
    assert tasks.remove_unused() == 0
    assert Asset.objects.count() == 2


def test_sending_or_naming_a_file_again_keeps_it():
    sent, named = forgotten(picture(1)), forgotten(picture(2))
    files.store(picture(1))
    decode({"do": "sample.put", "env": "e", "win": "w", "asset": named.pk})
    assert tasks.remove_unused() == 0
    assert {sent.pk, named.pk} == set(Asset.objects.values_list("pk", flat=True))


def test_a_file_that_went_can_be_sent_again():
    asset = forgotten(picture())
    tasks.remove_unused()
    again = files.store(picture())
    assert again.pk == asset.pk
    with default_storage.open(again.path) as file:
        assert file.read() == picture()


def test_a_removal_that_was_cut_short_leaves_nothing_broken():
    """The file is gone, its row is not: whoever sends it again writes both."""
    asset = forgotten(picture())
    default_storage.delete(asset.path)
    files.store(picture())
    assert default_storage.exists(asset.path)
    lost = forgotten(picture(1))
    default_storage.delete(lost.path)
    with pytest.raises(NotFound, match="upload it first"):
        decode({"do": "sample.put", "env": "e", "win": "w", "asset": lost.pk})


def test_who_sends_a_file_while_it_is_removed_has_it_afterwards(monkeypatch):
    """The removal is at the file's turn when somebody finds its row, as far as they can see not yet removed."""
    asset = forgotten(picture())
    seen_before = Asset.objects.get(pk=asset.pk)
    tasks.remove_unused()
    with monkeypatch.context() as race:
        race.setattr(Asset.objects, "filter", stale_first(Asset.objects.filter, seen_before))
        files.store(picture())
    assert Asset.objects.filter(pk=asset.pk).exists()
    assert default_storage.exists(asset.path)


def stale_first(now, stale: Asset):
    """``filter`` whose first answer is what was there a moment ago."""
    answers = iter([[stale]])

    class Answer(list):
        def first(self):
            return self[0]

    def answer(**which: object):
        old = next(answers, None)
        return Answer(old) if old is not None else now(**which)

    return answer


def test_a_file_without_a_row_goes_once_it_is_old(folder: Path):
    storing.write("assets/ab/abandoned", b"x")
    storing.write("assets/ab/arriving", b"x")
    storing.write("renditions/ab/abandoned/w320", b"x")
    old = timezone.now() - LONG_AGO
    for name in ("assets/ab/abandoned", "renditions/ab/abandoned/w320"):
        os.utime(folder / name, (old.timestamp(), old.timestamp()))
    assert tasks.remove_unused() == 2
    assert not (folder / "renditions/ab/abandoned/w320").exists()
    assert [path.name for path in folder.glob("assets/*/*")] == ["arriving"]


def test_no_asset_has_a_name_that_is_no_hash():
    with pytest.raises(NotFound, match="upload it first"):
        decode({"do": "sample.put", "env": "e", "win": "w", "asset": "a\x00b"})


def test_a_picture_that_is_removed_and_sent_again_is_shown(folder: Path):
    person = Principal.of_user(services.create_user(username="ann"))
    put = {"do": "sample.put", "env": "run", "win": "i", "image": picture()}
    assert write_path.write(person, [put]) == [None]
    Asset.objects.update(wanted_at=timezone.now() - LONG_AGO)
    assert tasks.remove_unused() == 0
    Sample.objects.all().delete()
    assert tasks.remove_unused() == 1
    assert write_path.write(person, [put]) == [None]
    assert Sample.objects.get().asset.pk == Asset.objects.get().pk
    write_path.stop_committer()
