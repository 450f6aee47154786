"""Every setting of a Panewall server, in one typed object.

Read from ``PANEWALL_*`` variables, then from the TOML file named by ``PANEWALL_CONFIG``, then from the defaults
below, which start a server on a laptop. ``panewall-server doctor`` prints the result.
"""

import os
import secrets
import sys
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

KIB, MIB = 1024, 1024 * 1024


class Limits(BaseModel):
    """What one request may ask for. Each is answered with a message that names it."""

    frame_bytes: int = Field(MIB, description="one frame on the ingest websocket")
    unacknowledged_bytes: int = Field(4 * MIB, description="what a client may send before it is acknowledged")
    body_bytes: int = Field(256 * MIB, description="one request body on ingest over HTTP")
    form_bytes: int = Field(10 * MIB, description="one request body anywhere else")
    asset_bytes: int = Field(20 * MIB, description="one image file")
    media_bytes: int = Field(256 * MIB, description="one audio or video file")
    media_seconds: int = Field(4 * 3600, description="length of a sound or video that is made playable")
    asset_pixels: int = Field(64_000_000, description="pixels of one image, in all its frames")
    asset_frames: int = Field(5000, description="frames of one animated image")
    sample_data_bytes: int = Field(4 * MIB, description="one histogram, table or text of a step")
    index_samples: int = Field(
        200_000, description="samples of one window that a page is told of at once: the last ones"
    )
    commands: int = Field(10_000, description="commands in a batch")
    points: int = Field(2_000_000, description="points in a command")
    batches_per_second: int = Field(
        20_000,
        ge=1,
        description="batches, files and wire requests of one person's programs; faster ones wait",
    )
    ingest_bytes_per_second: int = Field(
        1024 * MIB, ge=1, description="and their bytes, per process; faster ones wait"
    )
    depth: int = Field(64, description="nesting of maps and lists in a command")
    title_chars: int = Field(1000, description="a window's title, and each title in a figure's layout")
    key_chars: int = Field(300, description="a window's key, an env's name, a trace's name")
    text_chars: int = Field(64 * MIB, description="one text command")
    window_text_chars: int = Field(256 * MIB, description="all text of one window")
    figure_bytes: int = Field(
        64 * MIB, description="what of one window is kept as it is: layout, opts, plain arrays"
    )
    object_bytes: int = Field(
        256 * MIB,
        description="files of one window that is read whole, as an object; its body when it is written back",
    )
    content_items: int = Field(
        200_000, description="properties, nodes, edges or points of one window of that kind"
    )
    embedding_levels: int = Field(20, description="levels one can come back from in an embeddings window")
    event_bytes: int = Field(256 * KIB, description="one event of a page, such as a click")
    event_pane_bytes: int = Field(
        8 * MIB,
        description="a window that goes with its events; of a larger one programs get the event alone",
    )
    events_per_second: int = Field(50, description="events of one person, on average; twice as many at once")
    env_windows: int = Field(10_000, description="living windows in an env")
    env_tags: int = Field(100, description="tags of an env, each of at most 200 characters")
    notes_chars: int = Field(10_000, description="an env's notes")
    config_bytes: int = Field(MIB, description="an env's config")
    looks_bytes: int = Field(
        MIB // 4, description="what a person changed on the figures of a page for themselves"
    )
    style_chars: int = Field(64 * KIB, description="a workspace's own style sheet")
    archive_bytes: int = Field(
        16 * 1024 * MIB,
        description="what an archive to import may hold, unpacked; packed it may be a quarter of it",
    )
    env_snapshots: int = Field(
        20,
        description="snapshots of an env with a name, and as many made automatically: of these the oldest go",
    )
    window_traces: int = Field(1000, description="traces in a window")
    series: int = Field(1000, description="series in a metrics.log command")
    group_commands: int = Field(2000, description="commands committed in one transaction")
    group_bytes: int = Field(16 * MIB, description="bytes committed in one transaction")
    whole_points: int = Field(
        20_000, description="points of a trace that is not monotone before it is thinned"
    )
    viewer_bytes: int = Field(
        2 * MIB, description="what a page may leave unacknowledged before it is cut off"
    )
    snapshot_bytes: int = Field(
        8 * MIB, description="data sent unasked when an env is opened; the rest on sight"
    )
    subscriptions: int = Field(64, description="envs watched on one live socket")
    compare_envs: int = Field(100, description="envs in one comparison")
    pins: int = Field(10_000, description="pins that one person keeps on one page")
    pin_pages: int = Field(
        1000, description="pages (sets of envs) whose pins are kept for one person; the oldest go"
    )
    compare_bytes: int = Field(
        16 * MIB, description="data sent unasked when a comparison is opened; the rest on sight"
    )
    compare_cache_bytes: int = Field(
        64 * MIB, description="comparisons kept in memory for their next viewers"
    )
    runs_groups: int = Field(2000, description="groups of one look at the runs table, all levels together")
    runs_cache_bytes: int = Field(
        128 * MIB, description="runs tables kept in memory for their next look, all workspaces together"
    )
    api_per_minute: int = Field(6000, description="REST requests a minute from one token or person")
    secrets_per_minute: int = Field(60, description="requests a minute that make tokens or share links")
    link_state_bytes: int = Field(
        MIB, description="what a share link carries beside its envs, as a view does"
    )
    share_link_days: int = Field(3650, description="the longest life of a share link")


class Config(BaseSettings):
    """A server's settings. ``PANEWALL_LIMITS__POINTS=5000000`` sets a limit."""

    model_config = SettingsConfigDict(env_prefix="PANEWALL_", env_nested_delimiter="__", extra="ignore")

    data_dir: Path = Field(default_factory=lambda: default_data_dir(), description="database, files and keys")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8097, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    base_url: str = Field("", description="path prefix such as /wall")
    public_url: str = Field(
        "", description="address people type, such as https://wall.example.org; https makes cookies secure"
    )
    allowed_hosts: list[str] = Field(["*"], description="names this server answers to")
    database_url: str = Field("", description="postgres://…; default: SQLite in the data folder")
    redis_url: str = Field("", description="redis://…: channel layer, broker and cache of a cluster")
    assets_url: str = Field("", description="s3://bucket/prefix; default: a folder in the data folder")
    readonly: bool = Field(False, description="refuse every write at every door")
    open_local: bool = Field(
        False,
        description="programs on this machine that show no credentials act as the owner on the visdom wire",
    )
    debug: bool = Field(False, description="development only: tracebacks in the browser")
    secret_key: SecretStr = Field(
        SecretStr(""), description="signs sessions; default: a file in the data folder"
    )
    token_key: SecretStr = Field(
        SecretStr(""), description="keys the stored tokens; default: a file in the data folder"
    )
    owner: str = Field("", description="name of the first account; default: the system's user")
    owner_password: SecretStr = Field(
        SecretStr(""), description="its password; default: none, a sign-in link is printed"
    )
    sqlite_synchronous: Literal["FULL", "NORMAL"] = Field(
        "FULL", description="NORMAL survives a crash, not a power cut"
    )
    tick_ms: int = Field(40, ge=5, le=1000, description="pages get at most one update in this time")
    compare_refresh_ms: int = Field(
        1000, ge=100, description="a comparison follows its envs at most once in this time"
    )
    compare_share: float = Field(
        0.02, gt=0, le=1, description="the part of a core that following the envs of one comparison may take"
    )
    stalled_after_s: int = Field(
        150, ge=10, description="seconds without a sign of life until a run counts as stalled"
    )
    ffmpeg: str = Field(
        "", description="the ffmpeg program; default: that of the extra media, else the system's"
    )
    ffmpeg_s: int = Field(3600, ge=1, description="seconds that making one sound or video playable may take")
    ffmpeg_cpu_s: int = Field(7200, ge=1, description="seconds of processor time that it may take")
    ffmpeg_memory_bytes: int = Field(3 * 1024 * MIB, description="memory that it may take")
    ffmpeg_output_bytes: int = Field(1024 * MIB, description="size of what is made of one sound or video")
    job_rows_days: int = Field(7, ge=1, description="how long finished jobs are listed")
    worker: Literal["threads", "none"] = Field(
        "threads", description="Celery worker inside the server, or elsewhere"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="what is written to standard error: this and what is graver"
    )
    trusted_proxies: int = Field(0, ge=0, description="proxies in front that set X-Forwarded-For and -Proto")
    idle_rows_days: int = Field(
        30, ge=1, description="how long closed windows and deleted envs can be restored"
    )
    limits: Limits = Limits()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if path := os.environ.get("PANEWALL_CONFIG"):
            sources.append(TomlConfigSettingsSource(settings_cls, toml_file=path))
        return tuple(sources)

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_other_words(cls, value: object) -> object:
        """Names in any case, and the numbers that Python and visdom give them."""
        word = str(value).lower()
        return {"10": "debug", "20": "info", "30": "warning", "40": "error", "50": "error"}.get(
            word, {"warn": "warning", "critical": "error"}.get(word, word)
        )

    @field_validator("base_url")
    @classmethod
    def _plain_prefix(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not value.startswith("/"):
            raise ValueError("must start with a slash, such as /wall")
        return value

    @field_validator("public_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc):
            raise ValueError("must be a whole address, such as https://wall.example.org")
        return value.rstrip("/")

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def is_embedded(self) -> bool:
        """One process with everything in it: no Redis to share a channel layer through."""
        return not self.redis_url

    @cached_property
    def secret_key_text(self) -> str:
        return self.secret_key.get_secret_value() or self._key_file("secret_key")

    @cached_property
    def token_key_bytes(self) -> bytes:
        return (self.token_key.get_secret_value() or self._key_file("token_key")).encode()

    def _key_file(self, name: str) -> str:
        """A random key, made once, readable by the server's user alone. Processes that start together find the same."""
        import fcntl

        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.data_dir / name
        if path.exists() and (key := path.read_text().strip()):
            return key
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not (key := file.read().strip()):
                key = secrets.token_urlsafe(48)
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
        return key


def default_data_dir() -> Path:
    """The user's data directory for Panewall, by the conventions of the system."""
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Panewall"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", home)) / "Panewall"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "panewall"
