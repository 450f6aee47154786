"""What the visdom wire remembers: names that were mapped, and what was imported already."""

from django.contrib import admin

from apps.jobs.admin import ReadOnlyAdmin

from .models import ImportedWindow, MappedName


@admin.register(MappedName)
class MappedNameAdmin(ReadOnlyAdmin):
    list_display = ("workspace", "name")
    list_select_related = ("workspace",)
    search_fields = ("name",)


@admin.register(ImportedWindow)
class ImportedWindowAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "env")
    list_select_related = ("env__workspace",)
