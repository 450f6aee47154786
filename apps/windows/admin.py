"""Content in the admin: to look at, and to close or restore through the write path. Never edited in place.

Chunks, tails and parts of texts are how traces and windows are stored; their rows have no single number, and no page here.
"""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.jobs.admin import ReadOnlyAdmin

from .models import IngestSession, Trace, Window
from .write import write


@admin.register(Window)
class WindowAdmin(ReadOnlyAdmin):
    list_display = ("key", "title", "kind", "env", "revision", "updated_at", "deleted_at")
    list_filter = ("kind",)
    search_fields = ("key", "title")
    list_select_related = ("env",)
    exclude = ("body",)
    actions = ("close", "restore")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Window]:
        """Without what snapshots hold: that is called by the name of its env, and must not be taken for it."""
        return super().get_queryset(request).filter(env__copy_of=None)

    @admin.action(description="Close the selected windows")
    def close(self, request: HttpRequest, queryset: QuerySet[Window]) -> None:
        self._write(request, queryset, lambda window: {"do": "window.close", "win": window.key})

    @admin.action(description="Restore the selected windows")
    def restore(self, request: HttpRequest, queryset: QuerySet[Window]) -> None:
        self._write(request, queryset, lambda window: {"do": "window.restore", "id": window.pk})

    def _write(self, request: HttpRequest, queryset: QuerySet[Window], command: object) -> None:
        chosen = list(queryset.select_related("env__workspace"))
        commands = [{**command(w), "env": w.env.full_name} for w in chosen]  # type: ignore[operator]
        errors = write(request.principal, commands)  # type: ignore[attr-defined]
        for error in filter(None, errors):
            messages.error(request, error["detail"])
        messages.info(request, f"Done for {errors.count(None)} of {len(errors)}.")


@admin.register(Trace)
class TraceAdmin(ReadOnlyAdmin):
    list_display = ("window", "index", "name", "mode", "generation", "sealed", "monotone", "aligned")
    exclude = ("attrs",)
    list_select_related = ("window",)


@admin.register(IngestSession)
class IngestSessionAdmin(ReadOnlyAdmin):
    list_display = ("id", "principal", "last_batch", "updated_at")
    exclude = ("refused",)
