from django.db import migrations


NOBODY_MAKES_THESE = ["action", "audit", "audithead", "board", "leg", "position", "presence", "report", "room", "visit"]


def take_away(apps, schema_editor):
    """Django made add, change, delete and view for every model: for nobody, and `view_audit` twice."""
    rights = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="calls")
    rights.filter(content_type__model__in=NOBODY_MAKES_THESE).delete()
    rights.filter(codename__in=["add_call", "change_call", "delete_call"]).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('calls', '0002_the_two_single_rows'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        # Back: Django makes them again after every migrate.
        migrations.RunPython(take_away, migrations.RunPython.noop),
        migrations.AlterModelOptions(
            name='action',
            options={'default_permissions': (), 'ordering': ['-requested_at']},
        ),
        migrations.AlterModelOptions(
            name='audit',
            options={'default_permissions': (), 'ordering': ['id'], 'verbose_name_plural': 'audit'},
        ),
        migrations.AlterModelOptions(
            name='audithead',
            options={'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='board',
            options={'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='call',
            options={'default_permissions': ('view',), 'ordering': ['-started_at'], 'permissions': [('view_numbers', 'Can see telephone numbers'), ('all_teams', 'Sees and serves every team'), ('end_call', 'Can end calls'), ('view_audit', 'Can read the audit'), ('manage_floor', "Can change agents' states")]},
        ),
        migrations.AlterModelOptions(
            name='leg',
            options={'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='position',
            options={'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='presence',
            options={'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='report',
            options={'default_permissions': (), 'ordering': ['-received_at', '-id']},
        ),
        migrations.AlterModelOptions(
            name='room',
            options={'default_permissions': ()},
        ),
        migrations.AlterModelOptions(
            name='visit',
            options={'default_permissions': ()},
        ),
    ]
