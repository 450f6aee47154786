"""Batches on disk: whole ones come back in order, what a crash cut off does not."""

import os
import subprocess
import sys

import pytest

from panewall import spool as spools
from panewall.batch import Batch, pack
from panewall.spool import Spool, hold_lock, left_behind, read_at, read_records, read_session


def batch(number, size=10, files=()):
    return Batch(number, pack([{"do": "env.clear", "env": "e" * size}]), 1, files)


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path, session="a" * 32, limit_bytes=2**20)
    yield made
    made.close()


def read_all(spool):
    found = []
    while not spool.is_empty:
        found.append(spool.read().number)
    return found


def test_batches_come_back_in_order_and_leave_nothing(spool):
    for number in (1, 2, 3):
        assert spool.append(batch(number))
    assert read_all(spool) == [1, 2, 3]
    spool.acknowledged(2)
    assert list(spool.folder.glob("*.spool"))
    spool.acknowledged(3)
    assert not spool.folder.exists() and spool.size == 0


def test_reading_and_writing_alternate(spool):
    spool.append(batch(1))
    spool.append(batch(2))
    assert spool.read().number == 1
    spool.append(batch(3))
    assert read_all(spool) == [2, 3]
    spool.append(batch(4))
    assert read_all(spool) == [4]
    spool.acknowledged(4)
    assert not spool.folder.exists()


def test_long_spools_are_cut_into_segments(spool, monkeypatch):
    monkeypatch.setattr(spools, "SEGMENT_BYTES", 100)
    for number in range(1, 11):
        spool.append(batch(number, 50))
    assert len(list(spool.folder.glob("*.spool"))) > 3
    assert [spool.read().number for _ in range(6)] == [1, 2, 3, 4, 5, 6]
    spool.acknowledged(6)
    left = len(list(spool.folder.glob("*.spool")))
    assert read_all(spool) == [7, 8, 9, 10] and 0 < left < 6
    spool.acknowledged(10)
    assert not spool.folder.exists()


def test_a_full_spool_takes_no_more(tmp_path):
    small = Spool(tmp_path, session="b" * 32, limit_bytes=300)
    assert small.append(batch(1, 100)) and small.append(batch(2, 100)) and not small.append(batch(3, 100))
    small.close()


def test_images_are_kept_with_their_batch(spool):
    spool.append(batch(1, files=(("sha", b"\x00" * 99, ""), ("table", b"{}", "application/json"))))
    assert spool.read().files == (("sha", b"\x00" * 99, ""), ("table", b"{}", "application/json"))


def test_files_kept_by_an_older_client_have_no_types(spool):
    spool.append(batch(1, files=(("sha", b"1"),)))
    assert spool.read().files == (("sha", b"1", ""),)


@pytest.mark.parametrize("cut", [1, 5, 9, 30])
def test_a_cut_off_record_ends_its_segment(spool, cut):
    for number in (1, 2, 3):
        spool.append(batch(number))
    spool.close()
    (path,) = spool.folder.glob("*.spool")
    os.truncate(path, path.stat().st_size - cut)
    with open(path, "rb") as stream:
        assert [found.number for found, _ in read_records(stream)] == [1, 2]


@pytest.mark.parametrize("at", [-3, -40])
def test_a_changed_record_ends_its_segment(spool, at):
    for number in (1, 2, 3):
        spool.append(batch(number))
    spool.close()
    (path,) = spool.folder.glob("*.spool")
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)
    with open(path, "rb") as stream:
        assert [found.number for found, _ in read_records(stream)] == [1, 2]


@pytest.mark.parametrize("content", [b"", b"something else", spools.MAGIC, spools.MAGIC + b"\xff" * 20])
def test_a_foreign_file_holds_nothing(tmp_path, content):
    path = tmp_path / "000001.spool"
    path.write_bytes(content)
    with open(path, "rb") as stream:
        assert list(read_records(stream)) == []


def test_what_was_left_is_found_in_the_order_of_numbers(spool, tmp_path):
    spool.append(batch(3))
    spool.append(batch(4))
    spool.keep([batch(1), batch(2)])
    spool.close()
    assert left_behind(tmp_path, but="z") == [spool.folder]
    session, places = read_session(spool.folder)
    assert session == "a" * 32
    assert [read_at(path, position).number for _, path, position in places] == [1, 2, 3, 4]


def test_a_living_process_keeps_its_session(spool, tmp_path):
    spool.append(batch(1))
    assert left_behind(tmp_path, but="z") == []  # this process's own
    program = f"import pathlib; from panewall.spool import hold_lock; hold_lock(pathlib.Path({str(spool.folder)!r}))"
    taken = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=python_path())
    assert taken.returncode and "Error" in taken.stderr
    spool.close()
    assert subprocess.run([sys.executable, "-c", program], env=python_path()).returncode == 0
    hold_lock(spool.folder).close()


def python_path():
    import panewall

    return {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(panewall.__file__))}
