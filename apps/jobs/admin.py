"""What there is to look at in the admin of most models, and the jobs there."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from .models import Job


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows to look at. What may be done to them is in the actions, which ask the services."""

    show_full_result_count = False  # of a filtered list; tables may be large

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("id", "task", "state", "progress", "attempts", "created_at", "finished_at")
    list_filter = ("state", "task")
