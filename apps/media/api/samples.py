"""REST: all that a window of files holds, step by step."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.fields import Text
from apps.accounts.api.paging import PageQuery, page_of, paginate
from apps.envs.api.views import EnvPart
from apps.media import handlers
from apps.media.models import Sample
from apps.windows import selectors

FARTHEST = 2**53


class SampleListQuery(PageQuery):
    win = Text(max_length=300, allow_blank=True, help_text="key of the window")
    step = serializers.IntegerField(
        min_value=-FARTHEST, max_value=FARTHEST, required=False, help_text="only this step"
    )
    index = serializers.IntegerField(
        min_value=0, max_value=10_000, required=False, help_text="only this place in each step"
    )


class SampleOut(serializers.Serializer):
    """One file of a window."""

    step = serializers.IntegerField()
    index = serializers.IntegerField(help_text="its place among the files of its step")
    asset = serializers.CharField(help_text="SHA-256 of the file")
    url = serializers.CharField(
        help_text="relative to the env's address: its bytes are at `…/envs/<workspace>/<env>/<url>`"
    )
    width = serializers.IntegerField(help_text="pixels; 0: not an image")
    height = serializers.IntegerField(help_text="pixels; 0: not an image")
    caption = serializers.CharField()
    content_type = serializers.CharField()

    def to_representation(self, instance: Sample) -> dict:
        return handlers.describe(instance.step, instance.index, instance.asset, instance.caption)


class SampleListView(EnvPart):
    """``…/samples?win=<key>``. The key is asked for, as many end in ``/samples`` themselves."""

    tag = "windows"
    queries = {"GET": SampleListQuery}

    @extend_schema(
        operation_id="list_samples",
        summary="The images, sounds or videos of a window, by step",
        description="A window of another kind has none.",
        responses=page_of(SampleOut),
    )
    def get(self, request: Request, workspace: str, env: str) -> Response:
        window = selectors.get_window(self.env(), self.query["win"])
        samples = Sample.objects.filter(window=window).select_related("asset").order_by("step", "index")
        for field in ("step", "index"):
            if field in self.query:
                samples = samples.filter(**{field: self.query[field]})
        return Response(paginate(self, samples, SampleOut))
