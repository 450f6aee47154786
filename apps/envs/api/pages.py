"""REST doors of pages, which name their envs as ``?env=…&env=…``."""

import re
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.base import ApiView
from apps.accounts.api.fields import StrictSerializer, Text
from apps.envs import pages
from apps.envs.models import Env
from apps.errors import NotFound, TooLarge

ENV_PATTERN = r"^([\w.@+-]{1,150}/)?[^/\x00-\x1f\x7f]+$"
ENV = {"type": "string", "minLength": 1, "maxLength": 451, "pattern": ENV_PATTERN}


@extend_schema_field({"type": "array", "minItems": 1, "maxItems": 100, "items": ENV})
class Names(Text):
    """A parameter that is said once for each env."""


@extend_schema_field(ENV)
class EnvName(Text):
    """``env`` or ``workspace/env``."""

    default_error_messages = {"no_name": "An env is named as env or workspace/env."}

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not re.fullmatch(ENV_PATTERN, name) or name.endswith("\n"):
            self.fail("no_name")
        return name


@extend_schema_field({"type": "array", "minItems": 1, "maxItems": 100, "items": ENV})
class EnvNames(serializers.ListField):
    """The same in a body."""

    child = EnvName(max_length=451)


class EnvsQuery(StrictSerializer):
    env = Names(help_text="the envs of the page, each as a parameter of its own")


class PageDoor(ApiView):
    """What the doors of pages share. Such a door names ``EnvsQuery`` in its ``queries``."""

    tag = "arrangements"

    def names(self) -> list[str]:
        names = self.request.query_params.getlist("env")
        most = settings.PANEWALL.limits.compare_envs
        if len(names) > most:
            raise TooLarge(f"A page has at most {most} envs; these are {len(names)}.")
        return names

    def envs(self) -> list[Env]:
        """All of them; one that is missing or hidden is refused."""
        return pages.page_envs(self.principal, self.names())

    def envs_seen(self) -> list[Env]:
        """Those that the asker may see, as a comparison shows them."""
        found = [env for env in pages.find_envs(self.principal, self.names()).values() if env is not None]
        if not found:
            raise NotFound("None of these envs is there for you to see.")
        return found
