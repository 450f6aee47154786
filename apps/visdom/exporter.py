"""An env as a visdom server would have saved it."""

from collections.abc import Iterator
from typing import IO

import orjson

from apps.archives.exporting import Form, forms
from apps.envs.models import Env, PaneLayout
from apps.windows.objects import env_objects

from .places import to_items


def parts(env: Env, user_id: int | None) -> Iterator[bytes]:
    """``{"jsons": {window: object}, "reload": {window: place}}``, a window at a time."""
    yield b'{"jsons":{'
    for place, (key, window) in enumerate(env_objects(env)):
        yield (b"," if place else b"") + orjson.dumps(key) + b":" + orjson.dumps(window)
    kept = PaneLayout.objects.filter(env=env, user_id=user_id or 0).first()
    yield b'},"reload":' + orjson.dumps(to_items(kept.layout if kept else {})) + b"}"


def write(env: Env, file: IO[bytes], user_id: int | None) -> None:
    for part in parts(env, user_id):
        file.write(part)


forms["visdom"] = Form("application/json", "json", write)
