"""REST: the snapshots of an env: the states one can come back to."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.fields import Flag, StrictSerializer, Text
from apps.accounts.api.paging import PageQuery, page_of, paginate
from apps.accounts.api.persons import require_person
from apps.envs import snapshots
from apps.envs.api.views import EnvPart
from apps.envs.models import Env, Snapshot


class SnapshotIn(StrictSerializer):
    """A snapshot to save."""

    name = Text(max_length=200, allow_blank=True, default="", help_text="without one: the date and time")
    if_changed = Flag(
        default=False,
        help_text="save it, without this name, only if the env changed since its last snapshot; the answer is the last one",
    )


class SnapshotOut(serializers.Serializer):
    """An env as it was at one moment."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    automatic = serializers.BooleanField(
        source="is_automatic", help_text="the oldest of these go by themselves"
    )
    revision = serializers.IntegerField(min_value=0, help_text="the env's revision at that moment")
    windows = serializers.IntegerField(source="window_count", min_value=0)
    created_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_created_by(self, snapshot: Snapshot) -> str | None:
        """Null where the account is gone."""
        return None if snapshot.created_by is None else snapshot.created_by.username


class SnapshotDoor(EnvPart):
    tag = "snapshots"

    def found(self, *, to_change: bool) -> Env:
        """The env, for people who may look at it, or change it. Its past is not for a share link's visitors."""
        env = self.env("edit" if to_change else "view")
        require_person(self.principal)
        return env


class SnapshotListView(SnapshotDoor):
    """``…/snapshots``"""

    queries = {"GET": PageQuery}

    @extend_schema(
        operation_id="list_snapshots",
        summary="The snapshots of an env, the newest first",
        responses=page_of(SnapshotOut),
    )
    def get(self, request: Request, workspace: str, env: str) -> Response:
        kept = snapshots.list_snapshots(self.found(to_change=False))
        return Response(paginate(self, kept, SnapshotOut))

    @extend_schema(
        operation_id="save_snapshot",
        summary="Keep the env as it is now, to come back to",
        description="Everything is saved as it is sent; this keeps a state that later writes would change.",
        request=SnapshotIn,
        responses={201: SnapshotOut},
    )
    def post(self, request: Request, workspace: str, env: str) -> Response:
        found = self.found(to_change=True)
        wanted = self.body(SnapshotIn)
        if wanted["if_changed"]:
            kept = snapshots.save_if_changed(env=found, by=self.principal)
        else:
            kept = snapshots.save_snapshot(env=found, by=self.principal, name=wanted["name"])
        return Response(SnapshotOut(kept).data, status=status.HTTP_201_CREATED)


class SnapshotView(SnapshotDoor):
    """``…/snapshots/<id>``"""

    @extend_schema(
        operation_id="delete_snapshot", summary="Delete a snapshot", request=None, responses={204: None}
    )
    def delete(self, request: Request, workspace: str, env: str, id: int) -> Response:
        snapshots.delete(snapshot=snapshots.get_snapshot(self.found(to_change=True), id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SnapshotRestoreView(SnapshotDoor):
    """``…/snapshots/<id>/restore``"""

    @extend_schema(
        operation_id="restore_snapshot",
        summary="Make the env show what it showed then",
        description=(
            "What it shows now becomes a snapshot, which is the answer: restoring that one is the undo. Windows, their "
            "data, config and tags come back; saved views, layouts and the run's status stay as they are."
        ),
        request=None,
        responses=SnapshotOut,
    )
    def post(self, request: Request, workspace: str, env: str, id: int) -> Response:
        self.nothing()
        found = self.found(to_change=True)
        wanted = snapshots.get_snapshot(found, id)
        former = snapshots.restore(env=found, snapshot=wanted, by=self.principal)
        return Response(SnapshotOut(former).data)
