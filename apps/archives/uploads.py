"""Archives that came over REST: kept until a worker has brought them in."""

import tempfile
import uuid
from datetime import timedelta
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.accounts.models import User, Workspace
from apps.accounts.principals import Principal
from apps.envs.models import Env
from apps.errors import DomainError, TooLarge
from apps.jobs import services
from apps.jobs.models import Job
from apps.windows.write import write

from .importing import import_archive

FOLDER = "imports"
TASK = "apps.archives.tasks.bring_in"
#: A body that was kept for a job that never came to an end goes after this.
KEPT = timedelta(days=7)
BLOCK = 1024 * 1024


def most_packed() -> int:
    """Bytes that an archive may have as it is sent."""
    return settings.PANEWALL.limits.archive_bytes // 4


def take(body: IO[bytes], *, principal: Principal, workspace: Workspace, name: str) -> Job:
    """Keep what comes, and have it brought in."""
    path = f"{FOLDER}/{uuid.uuid4().hex}.zip"
    with tempfile.TemporaryFile() as file:
        size = 0
        while block := body.read(BLOCK):
            size += len(block)
            if size > most_packed():
                raise TooLarge(
                    f"The archive is over {most_packed():,} bytes (a quarter of limits.archive_bytes)."
                )
            file.write(block)
        file.seek(0)
        path = default_storage.save(path, File(file))
    return services.enqueue_once(
        task=TASK,
        key=path,
        arguments={
            "path": path,
            "user_id": principal.user_id,
            "workspace_id": workspace.pk,
            "name": name,
        },
        owner_id=principal.user_id,
        title=f"Import into {workspace.name}",
    )


def bring_in(job: Job) -> None:
    """Do what was asked for. A second attempt begins anew, and takes back what the first one made."""
    told = job.arguments
    user = User.objects.filter(pk=told["user_id"], is_active=True).first()
    workspace = Workspace.objects.filter(pk=told["workspace_id"]).first()
    if user is None or workspace is None:
        default_storage.delete(told["path"])
        raise DomainError("Who asked for it, or the workspace, is gone.", code="not_found")
    principal = Principal.of_user(user)
    if env := Env.objects.living().filter(pk=told.get("env_id")).first():
        write(principal, [{"do": "env.delete", "env": env.full_name}])

    def begun(env: Env) -> None:
        job.arguments = {**told, "env_id": env.pk}
        Job.objects.filter(pk=job.pk).update(arguments=job.arguments)

    told_at = 0.0

    def progress(part: float) -> None:
        nonlocal told_at
        if part - told_at >= 0.01:
            told_at = part
            services.report(job, min(part, 0.999))

    try:
        with default_storage.open(told["path"]) as file:
            import_archive(
                file,
                principal=principal,
                workspace=workspace,
                name=told["name"],
                progress=progress,
                begun=begun,
            )
    except (DomainError, services.Cancelled):
        default_storage.delete(told["path"])
        raise
    default_storage.delete(told["path"])


def remove_old() -> int:
    """Files that no job came to an end with. Returns how many went."""
    if not default_storage.exists(FOLDER):
        return 0
    long_ago, gone = timezone.now() - KEPT, 0
    for name in default_storage.listdir(FOLDER)[1]:
        if default_storage.get_modified_time(f"{FOLDER}/{name}") < long_ago:
            default_storage.delete(f"{FOLDER}/{name}")
            gone += 1
    return gone
