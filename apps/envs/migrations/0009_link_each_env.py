"""Second of three: each link's env becomes the one of its list. A transaction of its own, since PostgreSQL alters no table in which rows wait
for their checks; it may be done again."""

from django.db import migrations
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat

PIECE = 500


def list_envs(apps, schema_editor) -> None:
    """Rows that have none yet, a piece at a time: no statement is large."""
    link, linked = apps.get_model("envs", "ShareLink"), apps.get_model("envs", "LinkedEnv")
    names = Concat("env__workspace__name", Value("/"), "env__name")
    using = schema_editor.connection.alias
    rows = link.objects.using(using).filter(linked=None).exclude(env=None).order_by("pk")
    last = 0
    while piece := list(rows.filter(pk__gt=last).values_list("pk", "env", names)[:PIECE]):
        linked.objects.using(using).bulk_create(
            linked(link_id=pk, env_id=env, place=0, name=name) for pk, env, name in piece
        )
        last = piece[-1][0]


def take_first(apps, schema_editor) -> None:
    """A link that was of one env is again. One of several, or through a view, showed something that no single env is: it ends."""
    link, linked = apps.get_model("envs", "ShareLink"), apps.get_model("envs", "LinkedEnv")
    using = schema_editor.connection.alias
    links = link.objects.using(using)
    others = linked.objects.using(using).filter(place__gt=0).values("link")
    links.filter(pk__in=others).delete()
    links.exclude(view="").delete()
    first = linked.objects.using(using).filter(link=OuterRef("pk"), place=0).values("env")
    links.update(env=Subquery(first[:1]))
    links.filter(env=None).delete()
    linked.objects.using(using).all().delete()


class Migration(migrations.Migration):
    dependencies = [("envs", "0008_linked_envs")]
    operations = [migrations.RunPython(list_envs, take_first)]
