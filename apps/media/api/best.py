"""REST: at which steps envs are best."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.base import ApiView
from apps.accounts.api.fields import Choice, Flag, StrictSerializer, Text, Whole
from apps.envs.pages import find_envs
from apps.errors import TooLarge
from apps.media import pins
from apps.media.api.pins import EnvName, PinMap
from apps.media.best import Asked, Found, Missed, best_steps

WHY = {
    "no_env": "There is no such env that you may see.",
    "no_metric": "It has no such metric.",
    "no_points": "The metric has no finite value.",
    "no_images": "It has no images.",
    "out_of_reach": "No point of the metric lies within the tolerance of an image.",
}


class BestStepIn(StrictSerializer):
    """Which envs, and what to look for."""

    envs = serializers.ListField(child=EnvName(max_length=451), min_length=1)
    metric = Text(max_length=300, help_text="key of the metric's window")
    mode = Choice(choices=["min", "max"])
    with_image = Flag(default=False, help_text="at the nearest image, in each card by itself")
    tolerance = Whole(
        min_value=0,
        max_value=pins.MOST_TOLERANCE,
        default=pins.DEFAULT_TOLERANCE,
        help_text="steps from the metric's point to an image, at most; of use with images",
    )


class MissedOut(serializers.Serializer):
    """An env, or a card of it, without a result."""

    env = serializers.CharField()
    card = serializers.CharField(allow_null=True)
    reason = serializers.ChoiceField(choices=sorted(WHY))
    detail = serializers.CharField()


class BestStepOut(serializers.Serializer):
    """Pins to put in the place of earlier ones, and who gets none."""

    pins = PinMap(many=True)
    missed = MissedOut(many=True)


class BestStepView(ApiView):
    """``/api/v1/best-step``"""

    tag = "arrangements"
    is_reading = True

    @extend_schema(
        operation_id="find_best_steps",
        summary="Where a metric of these envs is lowest or highest",
        description=(
            "Finite values only; of equal ones that of the smallest step counts. With images each card of an env gets the image "
            "nearest to the best point that has one within the tolerance; of two equally near ones the later. Nothing is kept."
        ),
        request=BestStepIn,
        responses=BestStepOut,
    )
    def post(self, request: Request) -> Response:
        asked = self.body(BestStepIn)
        names = list(dict.fromkeys(asked.pop("envs")))
        most = settings.PANEWALL.limits.compare_envs
        if len(names) > most:
            raise TooLarge(f"Best steps are found for at most {most} envs at once; these are {len(names)}.")
        envs = find_envs(self.principal, names)
        there = list({env.pk: env for env in envs.values() if env is not None}.values())
        found = best_steps(there, Asked(**asked))
        missing = [missed_map(name, None, "no_env") for name, env in envs.items() if env is None]
        return Response(
            {
                "pins": [pin_map(one, Asked(**asked)) for one in found.found],
                "missed": [*(told(one) for one in found.missed), *missing],
            }
        )


def pin_map(found: Found, asked: Asked) -> dict[str, Any]:
    return {
        "env": found.env.full_name,
        "scope": "page" if found.card is None else "panel",
        "card": found.card,
        "step": found.step,
        "source": "best",
        "index": None,
        "except": [],
        "best": {
            "metric": asked.metric,
            "mode": asked.mode,
            "with_image": asked.with_image,
            "tolerance": asked.tolerance,
            "value": found.value,
            "metric_step": found.metric_step,
            "distance": found.distance,
            "has_image": found.has_image,
            "alternative": found.alternative,
        },
    }


def told(missed: Missed) -> dict[str, Any]:
    return missed_map(missed.env.full_name, missed.card, missed.reason)


def missed_map(env: str, card: str | None, reason: str) -> dict[str, Any]:
    return {"env": env, "card": card, "reason": reason, "detail": WHY[reason]}
