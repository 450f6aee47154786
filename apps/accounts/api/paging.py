"""Lists in pages of a bounded size, counted from 1. A page beyond the last is empty, so a loop ends by itself."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.utils.urls import replace_query_param

from apps.accounts.api.base import ApiView
from apps.accounts.api.fields import StrictSerializer

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_PAGE = 1_000_000


class PageQuery(StrictSerializer):
    page = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=1, help_text="counted from 1")
    page_size = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE, help_text="results on a page"
    )


def paginate(
    view: ApiView, rows: QuerySet | Sequence, serializer: type[serializers.BaseSerializer], **context: Any
) -> dict[str, Any]:
    """One page as a dict; ``next`` and ``previous`` are addresses on this server, or null."""
    page, size = view.query["page"], view.query["page_size"]
    count = rows.count() if isinstance(rows, QuerySet) else len(rows)
    start = (page - 1) * size
    results = serializer(rows[start : start + size] if start < count else [], many=True, context=context).data
    here = view.request.get_full_path()
    return {
        "count": count,
        "next": replace_query_param(here, "page", page + 1) if start + size < count else None,
        "previous": replace_query_param(here, "page", page - 1) if page > 1 else None,
        "results": results,
    }


@cache
def page_of(serializer: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The serializer of a page of these, for the OpenAPI document."""
    return type(
        f"{serializer.__name__.removesuffix('Out')}PageOut",
        (serializers.Serializer,),
        {
            "count": serializers.IntegerField(min_value=0),
            "next": serializers.CharField(allow_null=True),
            "previous": serializers.CharField(allow_null=True),
            "results": serializer(many=True),
            "__doc__": "One page of a list.",
        },
    )
