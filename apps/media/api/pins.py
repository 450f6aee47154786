"""REST: a person's pins on a page of envs, and the tolerance they like."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.fields import Choice, Finite, Flag, StrictSerializer, Text, Whole
from apps.accounts.api.persons import require_person, require_writing
from apps.accounts.models import Workspace
from apps.envs import access
from apps.envs.api.pages import EnvName, EnvsQuery, PageDoor
from apps.errors import NotFound, TooLarge
from apps.media import pins
from apps.media.models import Pin

FARTHEST = 2**53
LABEL_CHARS = 1000


class AlternativeMap(StrictSerializer):
    """Another image within the tolerance."""

    step = Whole(min_value=-FARTHEST, max_value=FARTHEST, help_text="the nearest other one")
    exact = Flag(help_text="it is exactly as near to the metric's step")
    within = Whole(min_value=2, max_value=FARTHEST, help_text="images within the tolerance, this one's too")


class AskedMap(StrictSerializer):
    """What best steps are found by."""

    metric = Text(max_length=300, help_text="key of the metric's window")
    mode = Choice(choices=["min", "max"])
    with_image = Flag(help_text="at the nearest image, in each card; else at the metric's own step")
    tolerance = Whole(min_value=0, max_value=pins.MOST_TOLERANCE, help_text="steps to an image, at most")


class BestMap(AskedMap):
    """Why a best-step pin is where it is."""

    value = Finite(allow_null=True)
    metric_step = Whole(min_value=-FARTHEST, max_value=FARTHEST)
    distance = Whole(min_value=0, max_value=2 * FARTHEST)
    has_image = Flag()
    alternative = AlternativeMap(allow_null=True)


class PinMap(StrictSerializer):
    """An env held at one step: in one card (`panel`), or in every card of the page but those of `except`."""

    env = EnvName(max_length=451)
    scope = Choice(choices=Pin.Scope.choices)
    card = Text(
        max_length=LABEL_CHARS, allow_null=True, default=None, help_text="title of the windows, or their key"
    )
    step = Whole(min_value=-FARTHEST, max_value=FARTHEST)
    source = Choice(choices=Pin.Source.choices)  # type: ignore[assignment]  # the field of this name is no setting of ours
    index = Whole(min_value=0, max_value=10_000, allow_null=True, default=None)
    best = BestMap(allow_null=True, default=None)

    def get_fields(self) -> dict[str, Any]:
        cards = serializers.ListField(child=Text(max_length=LABEL_CHARS), max_length=1000, default=list)
        return {**super().get_fields(), "except": cards}  # a word of Python's own


class PinsIn(StrictSerializer):
    """All pins of a page."""

    pins = PinMap(many=True)
    follow = AskedMap(allow_null=True, default=None, help_text="best-step pins go on following this")


class PinsOut(serializers.Serializer):
    """What is pinned on a page."""

    pins = PinMap(many=True)
    follow = AskedMap(allow_null=True)


class PinsView(PageDoor):
    """``/api/v1/pins?env=…&env=…``"""

    tag = "arrangements"
    queries = {"GET": EnvsQuery, "PUT": EnvsQuery}

    @extend_schema(
        operation_id="get_pins",
        summary="My pins on a page of these envs",
        description="The envs may come in any order. A share link answers with the pins it was made with.",
        responses=PinsOut,
    )
    def get(self, request: Request) -> Response:
        envs = self.envs()
        if self.principal.kind == "link":
            return Response(pins.linked_pins(principal=self.principal, envs=envs))
        return Response(pins.get_pins(user_id=self.principal.user_id, envs=envs))

    @extend_schema(
        operation_id="put_pins",
        summary="Keep my pins on a page of these envs",
        description="Mine alone, so whoever may look may pin.",
        request=PinsIn,
        responses=PinsOut,
    )
    def put(self, request: Request) -> Response:
        require_writing(self.principal)
        envs = self.envs()
        sent = request.data.get("pins") if isinstance(request.data, dict) else None
        most = settings.PANEWALL.limits.pins
        if isinstance(sent, list) and len(sent) > most:
            raise TooLarge(f"A page has at most {most} pins; these are {len(sent)}.")
        kept = pins.save_pins(user_id=self.principal.user_id, envs=envs, **self.body(PinsIn))
        return Response(kept)


class WorkspaceQuery(StrictSerializer):
    workspace = Text(max_length=150, help_text="the workspace's name")


class ToleranceMap(StrictSerializer):
    """How far from a metric's best step an image may be."""

    tolerance = Whole(min_value=0, max_value=pins.MOST_TOLERANCE, help_text="steps")


class BestStepPreferenceView(ApiView):
    """``/api/v1/preferences/best-step?workspace=…``"""

    tag = "arrangements"
    queries = {"GET": WorkspaceQuery, "PUT": WorkspaceQuery}

    def workspace(self) -> Workspace:
        found = access.visible_workspaces(self.principal).filter(name=self.query["workspace"]).first()
        if found is None:
            raise NotFound(f"There is no workspace {self.query['workspace']!r} that you may see.")
        return found

    @extend_schema(
        operation_id="get_best_step_preference",
        summary="The tolerance I like for best steps in a workspace",
        responses=ToleranceMap,
    )
    def get(self, request: Request) -> Response:
        require_person(self.principal)
        kept = pins.get_tolerance(user_id=self.principal.user_id, workspace=self.workspace())
        return Response({"tolerance": kept})

    @extend_schema(
        operation_id="put_best_step_preference",
        summary="Keep the tolerance I like for best steps in a workspace",
        request=ToleranceMap,
        responses=ToleranceMap,
    )
    def put(self, request: Request) -> Response:
        require_writing(self.principal)
        tolerance = self.body(ToleranceMap)["tolerance"]
        kept = pins.save_tolerance(
            user_id=self.principal.user_id, workspace=self.workspace(), tolerance=tolerance
        )
        return Response({"tolerance": kept})
