"""Last of three: a link's envs are those of its list alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("envs", "0009_link_each_env")]
    operations = [migrations.RemoveField(model_name="sharelink", name="env")]
