"""Share links of several envs, and of views. First of three: what is new stands beside what was."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("envs", "0007_looks_and_pages")]

    operations = [
        migrations.CreateModel(
            name="LinkedEnv",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "place",
                    models.SmallIntegerField(help_text="Among the envs of the link, in the order chosen."),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="`workspace/name` when the link was made, as the link's state calls it.",
                        max_length=451,
                    ),
                ),
                (
                    "env",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="linked",
                        to="envs.env",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="linked",
                        to="envs.sharelink",
                    ),
                ),
            ],
            options={"ordering": ["link", "place"]},
        ),
        migrations.AddConstraint(
            model_name="linkedenv",
            constraint=models.UniqueConstraint(fields=("link", "place"), name="one_env_a_place_of_a_link"),
        ),
        migrations.AddField(
            model_name="sharelink",
            name="view",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The saved view of its one env that it opens with, by name: a view that is deleted and comes back is the same.",
                max_length=200,
            ),
        ),
        migrations.AlterField(
            model_name="sharelink",
            name="state",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What its page begins with, as a saved view has it: pins, steps …; a visitor changes it for himself.",
            ),
        ),
        migrations.AlterField(  # so that links of several envs, which have no such env, can go when the way back is taken
            model_name="sharelink",
            name="env",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="envs.env",
            ),
        ),
    ]
