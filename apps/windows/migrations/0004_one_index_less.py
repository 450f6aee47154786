"""The primary keys of points and texts begin with what they belong to: no second index for that.

The indexes are dropped by name: as a change of fields SQLite would copy whole tables.
"""

import django.db.models.deletion
from django.db import migrations, models

INDEXES = {
    "windows_chunk_trace_id_e61d7e6e": ("windows_chunk", "trace_id"),
    "windows_tail_trace_id_4a51e41f": ("windows_tail", "trace_id"),
    "windows_textpart_window_id_3436e478": ("windows_textpart", "window_id"),
}


def foreign_key(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [("windows", "0003_structured_kinds")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {table} ({column})")
                for name, (table, column) in INDEXES.items()
            ],
            state_operations=[
                migrations.AlterField("chunk", "trace", foreign_key("windows.trace")),
                migrations.AlterField("tail", "trace", foreign_key("windows.trace")),
                migrations.AlterField("textpart", "window", foreign_key("windows.window")),
            ],
        )
    ]
