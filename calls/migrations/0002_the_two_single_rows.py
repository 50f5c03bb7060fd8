from django.db import migrations

from calls.models.board import new_epoch


def make(apps, schema_editor):
    apps.get_model("calls", "Board").objects.get_or_create(pk=1, defaults={"epoch": new_epoch()})
    apps.get_model("calls", "AuditHead").objects.get_or_create(pk=1)


def unmake(apps, schema_editor):
    apps.get_model("calls", "Board").objects.all().delete()
    apps.get_model("calls", "AuditHead").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_first_floor")]

    operations = [migrations.RunPython(make, unmake)]
