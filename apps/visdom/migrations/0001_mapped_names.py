"""Env names with a slash that the wire took as one name."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("accounts", "0001_initial"), ("envs", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="MappedName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=300)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.workspace"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="mappedname",
            constraint=models.UniqueConstraint(
                fields=("workspace", "name"), name="mapped_name_once_in_workspace"
            ),
        ),
    ]
