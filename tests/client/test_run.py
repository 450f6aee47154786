"""What may be logged, and that nothing of it stops a training."""

import dataclasses
import math
import os
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

import panewall
from panewall.about import as_config, portable_config
from panewall.errors import BadArgument, PanewallError, PanewallWarning
from panewall.run import Run, _env_name


class Kept:
    """Stands where the sender is, and keeps what a run gives it."""

    def __init__(self):
        self.points, self.commands = [], []
        self.put_metrics = self.points.append
        self.put = self.commands.append

    class address:
        url = "http://wall"


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def run(kept):
    return Run("e", sender=kept, config=None, tags=[])


def values(kept):
    return [dict(points) for _, _, _, points in kept.points]


def test_numbers_of_every_kind(run, kept):
    import decimal
    import fractions

    run.log(
        {
            "float": 0.5,
            "int": 2,
            "bool": True,
            "numpy": np.float32(0.5),
            "zero-d": np.array(3),
            "one": np.array([4]),
            "big": 10**400,
            "nan": float("nan"),
            "inf": float("inf"),
            "decimal": decimal.Decimal("1.5"),
            "fraction": fractions.Fraction(1, 2),
            "list": [1, 2, 7],
        }
    )
    (found,) = values(kept)
    assert np.isnan(found.pop("nan"))
    assert found == {
        "float": 0.5,
        "int": 2,
        "bool": 1,
        "numpy": 0.5,
        "zero-d": 3,
        "one": 4,
        "big": float("inf"),
        "inf": float("inf"),
        "decimal": 1.5,
        "fraction": 0.5,
        "list": 7,
    }
    assert all(isinstance(value, (int, float)) for value in found.values())


def test_a_torch_scalar(run, kept):
    torch = pytest.importorskip("torch")
    run.log(
        {"loss": torch.tensor(0.5, requires_grad=True), "half": torch.tensor([1.5], dtype=torch.bfloat16)}
    )
    assert values(kept) == [{"loss": 0.5, "half": 1.5}]


def test_nested_names_are_joined(run, kept):
    run.log({"a": {"b": 1, "c": {"d": 2.5}}, 3: 1.0})
    assert values(kept) == [{"a/b": 1, "a/c/d": 2.5, "3": 1.0}]


def test_any_mapping_is_gone_into(run, kept):
    run.log({"a": types.MappingProxyType({"b": 1, "words": np.str_("of numpy")})})
    assert values(kept) == [{"a/b": 1}]
    assert kept.commands[0]["image"] == b"of numpy"


def test_config_of_many_kinds(monkeypatch):
    @dataclasses.dataclass
    class Options:
        lr: float = 0.1

    kind = type("DictConfig", (), {"__module__": "omegaconf.dictconfig"})
    resolved = types.SimpleNamespace(to_container=lambda config, resolve: {"lr": 0.1} if resolve else None)
    monkeypatch.setitem(sys.modules, "omegaconf", types.SimpleNamespace(OmegaConf=resolved))
    for config in (
        {"lr": 0.1},
        Options(),
        types.SimpleNamespace(lr=0.1),
        types.MappingProxyType({"lr": 0.1}),
        kind(),
    ):
        assert as_config(config) == {"lr": 0.1}
    assert as_config(None) == {}
    for bad in (5, "text", ["lr"]):
        with pytest.raises(BadArgument):
            as_config(bad)


def test_a_config_is_told_whatever_is_in_it():
    class Wordless:
        def __repr__(self) -> str:
            raise RuntimeError("no words")

    round_about: dict = {"a": 1}
    round_about["self"] = round_about
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    config = portable_config(
        {
            "path": "\udcff.png",
            "\udcff": "nul \x00",
            "bytes": b"x",
            "wordless": Wordless(),
            "round": round_about,
            "clip": float("inf"),
            "nothing": math.nan,
            "options": {"set": {1}, "array": np.arange(2), "of": (np.float32(0.5), len)},
        }
    )
    assert config == {
        "path": "?.png",
        "?": "nul \ufffd",
        "bytes": "b'x'",
        "wordless": "Wordless",
        "round": {"a": 1, "self": "…"},
        "clip": "inf",
        "nothing": None,
        "options": {"set": [1], "array": [0, 1], "of": [0.5, str(len)]},
    }
    assert str(portable_config({"deep": deep})).count("[") <= 64


def test_steps_count_on_from_the_last(run, kept):
    run.log({"x": 1})
    run.log({"x": 1}, step=10)
    run.log({"x": 1})
    run.log({"x": 1}, step=np.int64(3))
    run.log({"x": 1}, step=4.0)
    assert [step for _, step, _, _ in kept.points] == [1, 10, 11, 3, 4]
    assert run.step == 4


BEYOND = (2**53 + 1, -(2**53) - 1, 2**60, np.int64(2**53 + 1), np.uint64(2**64 - 1))


@pytest.mark.parametrize("step", ["a", float("nan"), 0.5, object(), *BEYOND])
def test_a_bad_step_warns_and_counts_on(run, kept, step):
    with pytest.warns(PanewallWarning, match="step"):
        run.log({"x": 1}, step=step)
    assert kept.points[0][1] == 1 and values(kept) == [{"x": 1}]


def test_there_is_no_step_after_the_last_one(run, kept):
    run.log({"x": 1}, step=2**53)
    with pytest.warns(PanewallWarning, match=r"no step follows 2\*\*53.*give a step") as caught:
        run.log({"x": 2, "y": panewall.Text("t")})
    run.log({"x": 3})  # told once
    run.log({"x": 4}, step=math.nan)
    assert len(caught) == 1
    assert run.step == 2**53
    run.log({"x": 5}, step=7)
    run.log({"x": 6})
    assert [step for _, step, _, _ in kept.points] == [2**53, 7, 8]
    assert not kept.commands


def test_times(run, kept):
    run.log({"x": 1}, timestamp=123.5)
    with pytest.warns(PanewallWarning, match="time"):
        run.log({"x": 1}, timestamp=-1)
    run.log({"x": 1}, timestamp=1.7e18)  # nanoseconds, which are no seconds
    assert kept.points[0][2] == 123.5
    assert all(1e9 < at < 1e11 for _, _, at, _ in kept.points[1:])


@pytest.mark.parametrize(
    "bad", [None, np.ones(3), object(), 1j, {"inner": None}, [], b"", np.array(["a"]), "", [None]]
)
def test_a_bad_value_warns_once_and_its_siblings_go_in(run, kept, bad):
    with pytest.warns(PanewallWarning, match="bad") as caught:
        run.log({"before": 1, "bad": bad, "after": 2})
    run.log({"before": 1, "bad": bad, "after": 2})  # a second warning would be an error here
    assert len(caught) == 1
    assert values(kept) == [{"before": 1, "after": 2}] * 2


def test_a_map_that_holds_itself_is_told_and_ends(run, kept):
    round_about: dict = {"good": 1}
    round_about.update(a=round_about, b={"inner": round_about, "also good": 2})
    with pytest.warns(PanewallWarning, match="holds itself") as caught:
        run.log({"x": round_about})
    assert len(caught) == 2
    assert values(kept) == [{"x/good": 1, "x/b/also good": 2}]


@pytest.mark.parametrize(
    "kind",
    [panewall.Image, panewall.Audio, panewall.Video, panewall.Text, panewall.Table, panewall.Histogram],
)
def test_what_cannot_even_be_looked_at_is_told_and_its_siblings_go_in(run, kept, kind):
    class Closed:
        def __getattr__(self, name: str) -> None:
            raise RuntimeError("closed")

    with pytest.warns(PanewallWarning, match="closed"):
        run.log({"one": kind(Closed()), "several": [Closed(), panewall.Text("good")], "loss": 1})
    assert [command["win"] for command in kept.commands] == ["several"]
    assert values(kept) == [{"loss": 1}]


@pytest.mark.parametrize("beginning", ["block/" * 12, "block/" * 60])
def test_bad_values_under_long_names_that_begin_alike_are_each_told(run, kept, beginning):
    bad = {f"{beginning}{n}": None for n in range(3)}
    with pytest.warns(PanewallWarning, match=beginning[:40]) as caught:
        run.log({**bad, "loss": 1})
    run.log({**bad, "loss": 2})
    assert len(caught) == 3 and max(len(str(one.message)) for one in caught) < 400
    assert values(kept) == [{"loss": 1}, {"loss": 2}]


@pytest.mark.parametrize("kind", [panewall.Image, panewall.Audio, panewall.Video, panewall.Text])
def test_what_never_ends_is_not_read(run, kept, tmp_path, kind):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    for name, path in {"device": Path("/dev/zero"), "pipe": pipe}.items():
        with pytest.warns(PanewallWarning, match=f"{path} cannot be read: .* a device or a pipe"):
            run.log({name: kind(path), "after": 1})
    with pytest.warns(PanewallWarning, match=r"logged: \S+ cannot be read: it is a folder$"):
        run.log({"folder": kind(tmp_path), "after": 2})
    assert values(kept) == [{"after": 1}, {"after": 1}, {"after": 2}]


@pytest.mark.parametrize("data", [None, 5, "text", [("a", 1)]])
def test_bad_calls_warn(run, kept, data):
    with pytest.warns(PanewallWarning):
        run.log(data)
    assert not kept.points


def test_nothing_is_raised_even_where_warnings_are_errors(run, kept):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log({"bad": object(), "good": 1, "": 2, "n" * 301: 3})
    assert values(kept) == [{"good": 1}]


def test_images_alone_and_in_lists(run, kept):
    picture = panewall.Image(np.zeros((2, 2)), caption="c")
    run.log({"one": picture, "two": [picture, panewall.Image(np.zeros((2, 2)))], "loss": 1.0}, step=5)
    made = [(c["win"], c["step"], c["index"], c.get("caption")) for c in kept.commands]
    assert made == [("one", 5, "next", "c"), ("two", 5, "next", "c"), ("two", 5, "next", None)]
    assert bytes(kept.commands[0]["image"]).startswith(b"\x89PNG") and values(kept) == [{"loss": 1.0}]


def test_a_bad_image_leaves_its_siblings(run, kept):
    with pytest.warns(PanewallWarning, match="image 0"):
        run.log({"images": [panewall.Image(object()), panewall.Image(np.zeros((2, 2)))], "loss": 1})
    assert len(kept.commands) == 1 and values(kept) == [{"loss": 1}]


def test_pictures_are_known_without_being_wrapped(run, kept):
    from PIL import Image as Pillow

    run.log({"pil": Pillow.new("L", (2, 2))})
    assert kept.commands[0]["win"] == "pil"
    figures = pytest.importorskip("matplotlib.figure")
    figure = figures.Figure(figsize=(1, 1), dpi=50)
    run.log({"figure": figure, "axes": figure.subplots()})
    assert [command["win"] for command in kept.commands[1:]] == ["figure", "axes"]


def test_addresses_of_runs(kept):
    assert Run("a b", sender=kept, config=None, tags=[]).url == "http://wall/env/a%20b"
    assert Run("team/a?", sender=kept, config=None, tags=[]).url == "http://wall/w/team/env/a%3F"


def test_names_of_runs():
    assert _env_name(None) != _env_name(None)
    for bad in ("", "  ", 5, "e" * 301):
        with pytest.raises(BadArgument):
            _env_name(bad)


def test_logging_before_init_says_what_to_do():
    with pytest.raises(PanewallError, match="init"):
        panewall.log({"x": 1})
    panewall.finish()
    assert panewall.flush() is True
