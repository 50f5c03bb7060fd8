"""Lane B is what it says: a real PostgreSQL under the rows, a real Valkey or Redis under the channel layer."""

import pytest
from channels.layers import get_channel_layer
from django.core.management import call_command
from django.db import connection

pytestmark = [pytest.mark.lane_b(only=True)]


@pytest.mark.django_db
def test_rows_are_in_postgresql_and_the_migrations_fit_the_models():
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 140000
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.asyncio
async def test_hints_pass_through_the_real_layer():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("board", channel)
    await layer.group_send("board", {"type": "hint", "to": 7})
    assert await layer.receive(channel) == {"type": "hint", "to": 7}
    await layer.group_discard("board", channel)
