"""The layout's one trap: a package called platform would replace Python's own."""

import platform
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_platform_folder_leaves_pythons_platform_alone():
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))


def test_the_apps_are_this_projects_own():
    import apps

    assert Path(apps.__file__).parent == ROOT / "apps"
