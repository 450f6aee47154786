"""What the runs table remembers. It follows from envs, and is made anew where it is missing."""

from django.contrib import admin

from apps.jobs.admin import ReadOnlyAdmin

from .models import Column, Known, Setting, Summary, TableLook


@admin.register(Column)
class ColumnAdmin(ReadOnlyAdmin):
    list_display = ("workspace", "source", "name")
    list_filter = ("source",)
    list_select_related = ("workspace",)
    search_fields = ("name",)


@admin.register(Summary)
class SummaryAdmin(ReadOnlyAdmin):
    list_display = ("column", "env", "count", "last", "low", "high", "mean")
    list_select_related = ("column", "env__workspace")


@admin.register(Setting)
class SettingAdmin(ReadOnlyAdmin):
    list_display = ("column", "env", "number", "text")
    list_select_related = ("column", "env__workspace")


@admin.register(Known)
class KnownAdmin(ReadOnlyAdmin):
    list_display = ("env", "workspace", "revision")
    list_select_related = ("env__workspace", "workspace")


@admin.register(TableLook)
class TableLookAdmin(ReadOnlyAdmin):
    list_display = ("user", "workspace")
    list_select_related = ("user", "workspace")
