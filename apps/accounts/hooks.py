"""What upper apps do when something is made here: they append, the services call, in one transaction."""

from collections.abc import Callable

from apps.accounts.models import Workspace

on_workspace_created: list[Callable[[Workspace], None]] = []
