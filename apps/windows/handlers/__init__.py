"""The commands of envs and windows, a module for each of what they change: how each is decoded, and what it does inside the committer's
transaction.

A handler checks first and writes after, so that a refused command leaves nothing behind.
"""

from . import envs, kinds, metrics, texts, traces, windows  # noqa: F401  each registers its commands
