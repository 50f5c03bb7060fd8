"""PostgreSQL: rows that change with every report stay on their page.

An update that finds room on its page, and changes nothing that is indexed, leaves all indexes alone.
"""

from typing import Any

from django.db import migrations

ROOM = [("calls_leg", 60), ("calls_call", 60), ("calls_position", 60)]


def make_room(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table, percent in ROOM:
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


def as_it_was(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table, _ in ROOM:
            schema_editor.execute(f"ALTER TABLE {table} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_the_way_out")]
    operations = [migrations.RunPython(make_room, as_it_was)]
