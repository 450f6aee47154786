"""The wheel as a person gets it: front end inside, and no Node, no checkout, no set-up needed to run it."""

import json
import os
import site
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

import httpx
import pytest

from tests.support.server import Server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "static" / "bundle" / "manifest.json"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's wheel, built from this checkout with the front end that lies in it."""
    if not bundle_is_fresh():
        pytest.skip("The front end is not built, or older than its sources: `make frontend`")
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a fresh environment with the wheel; its dependencies are this environment's."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", str(home))
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    # The folder alone: the .pth files in it, which lead to this checkout, are not followed.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(home / "bin" / "python"),
        "install",
        "--no-deps",
        "--quiet",
        str(wheel),
    )
    return home / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path, installed: Path) -> dict:
    """An empty folder, and a PATH with no Node on it."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    return {
        "cwd": tmp_path,
        "env": {**kept, "PATH": str(installed), "PANEWALL_DATA_DIR": str(tmp_path / "data")},
    }


def test_the_front_end_is_inside_and_compressed(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "panewall_server/static/bundle/manifest.json" in names
    assert "panewall_server/templates/base.html" in names
    for entry in json.loads(MANIFEST.read_text()).values():
        file = f"panewall_server/static/bundle/{entry['file']}"
        assert file in names
        if (
            file.endswith((".js", ".css"))
            and (ROOT / file.removeprefix("panewall_server/")).stat().st_size >= 1024
        ):
            assert {f"{file}.br", f"{file}.gz"} <= names


def test_nothing_else_is_inside(wheel: Path):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"apps", "panewall_server"}
    assert not [
        name for name in zipfile.ZipFile(wheel).namelist() if "node_modules" in name or "__pycache__" in name
    ]


def test_the_licence_is_inside(wheel: Path):
    archive = zipfile.ZipFile(wheel)
    [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    assert HeaderParser().parsestr(archive.read(metadata).decode())["License-Expression"] == "Apache-2.0"
    assert [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]


def test_the_installed_code_is_the_wheels(installed: Path, elsewhere: dict):
    found = run(
        str(installed / "python"),
        "-c",
        "import apps, panewall_server as p; print(apps.__file__, p.__file__)",
        **elsewhere,
    )
    assert str(ROOT) not in found
    assert found.count(str(installed.parent)) == 2


def test_the_command_explains_itself(installed: Path, elsewhere: dict):
    assert "serve" in run(str(installed / "panewall-server"), "--help", **elsewhere)


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[Server]:
    command = (str(installed / "panewall-server"),)
    server = Server(tmp_path / "data", environ={"PATH": str(installed)}, command=command, cwd=tmp_path)
    yield server.start()
    server.kill()


def test_it_serves_its_pages_without_node(served: Server):
    page = httpx.get(f"{served.url}/accounts/login/")
    assert page.status_code == 200
    [script] = [entry["file"] for entry in json.loads(MANIFEST.read_text()).values() if entry.get("isEntry")]
    assert script in page.text

    answer = httpx.get(f"{served.url}/static/bundle/{script}", headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]


def test_the_clients_wheel_holds_the_client_alone(tmp_path: Path):
    names = zipfile.ZipFile(build(ROOT / "client", tmp_path)).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"panewall"}
    assert "panewall/py.typed" in names


def bundle_is_fresh() -> bool:
    """As hatch_build.py sees it: otherwise it would ask for Node and build for a quarter of a minute."""
    asked = "from hatch_build import FrontendHook as Hook; print(Hook('.', {}, None, None, '.', 'wheel').bundle_is_fresh())"
    return run(sys.executable, "-c", asked, cwd=ROOT).strip() == "True"


def build(source: Path, target: Path) -> Path:
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source))
    [wheel] = target.glob("*.whl")
    return wheel


def run(*command: str, **options) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, **options)
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout
