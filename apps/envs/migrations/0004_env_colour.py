from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("envs", "0003_notes_and_signs_of_life")]

    operations = [
        migrations.AddField(
            model_name="env",
            name="colour",
            field=models.SmallIntegerField(
                blank=True,
                help_text="Which of the ten data colours was chosen, 0 to 9; empty: by its name.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="env",
            constraint=models.CheckConstraint(
                condition=Q(colour=None) | Q(colour__range=(0, 9)), name="env_colour_is_one_of_ten"
            ),
        ),
    ]
