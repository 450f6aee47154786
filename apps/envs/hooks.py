"""What envs add when accounts make something: each person starts with an env to send to."""

from apps.accounts.hooks import on_workspace_created
from apps.accounts.models import Workspace
from apps.accounts.signals import watch
from apps.envs.models import Env, ShareLink

FIRST_ENV = "main"


def make_first_env(workspace: Workspace) -> None:
    """``main`` exists in each personal workspace from the start (the visdom client sends there by default)."""
    if workspace.kind == Workspace.Kind.PERSONAL:
        Env.objects.create(workspace=workspace, name=FIRST_ENV)


on_workspace_created.append(make_first_env)
watch(ShareLink)
