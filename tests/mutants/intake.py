"""Defects between a callback and its row."""

from tests.mutants.mutant import Edit, Mutant, mutant

LIFECYCLE, RECORD, REPORTS = "calls/intake/lifecycle.py", "calls/intake/record.py", "calls/twilio/reports.py"
BOARD, GATHER = "calls/models/board.py", "calls/intake/gather.py"
TOP = "        greatest(state.top, statement.top),\n"
STORM = "tests/intake/test_commit_order.py::test_no_board_ends_unlike_the_database_whatever_the_order_of_commits"
NEWEST = """\
        newest = set(ReportRow.objects.order_by("-pk").values_list("digest", flat=True)[:1_000])
        self.rows = {row.digest: row for row in take(ReportRow, "digest", there.statements) if row.digest in newest}
"""
OWN_NUMBERS = """\
            with connection.copy().cursor() as own:
                own.execute(MOVE, [len(changed)])
                revision: int = own.fetchone()[0]
            cursor.executemany(PLACE, [(call, shape, revision + place) for call, shape, place in places])
"""

INTAKE = (
    mutant(
        "what arrived last decides the status",
        LIFECYCLE,
        TOP,
        "        statement.top or state.top,\n",
        "tests/intake/test_lifecycle_legs.py",
    ),
    mutant(
        "the first end wins",
        LIFECYCLE,
        TOP,
        "        greatest(state.top, statement.top) if state.live else state.top,\n",
        "tests/intake/test_lifecycle_legs.py",
    ),
    mutant(
        "an end can be overwritten by what has a later number",
        LIFECYCLE,
        TOP,
        "        max(state.top, statement.top, key=lambda key: (key[2], key)) if state.top and statement.top"
        " else state.top or statement.top,\n",
        "tests/intake/test_lifecycle_legs.py",
        "tests/intake/test_lifecycle.py",
    ),
    mutant(
        "statements are told apart by the token in a header",
        REPORTS,
        "digest=digest(door, path, query, pairs),",
        'digest=digest(idempotency_token, "", "", ()) if idempotency_token else digest(door, path, query, pairs),',
        "tests/intake/test_replays.py",
    ),
    Mutant(
        "a digest without lengths",
        (
            Edit(REPORTS, 'text = "".join([f"{len(part)}:{part}" for part in parts])', 'text = "".join(parts)'),
            Edit(REPORTS, 'b"".join(b"%d:%b" % (len(part), part) for part in encoded)', 'b"".join(encoded)'),
        ),
        ("tests/twilio/test_reports.py",),
    ),
    mutant(
        "a digest suppresses a request that legally repeats to the letter",
        "calls/flows/answering.py",
        "if recorded.call_id is None:",
        "if recorded.call_id is None or not recorded.first:",
        "tests/flows/test_inbound.py",
    ),
    mutant(
        "of digests only the last 1,000 are known",
        GATHER,
        '        self.rows = {row.digest: row for row in take(ReportRow, "digest", there.statements)}\n',
        NEWEST,
        "tests/intake/test_replays.py",
    ),
    mutant(
        "revisions from a sequence, given before the commit",
        BOARD,
        "            told = told_of("
        '[{"call_id": call, "shape": shape, "place": place} for call, shape, place in places])\n'
        "            cursor.execute(IN_ONE_TRIP, [len(changed), told])\n"
        "            revision: int = cursor.fetchone()[0]\n",
        OWN_NUMBERS,
        STORM,
        lane="b",
    ),
    mutant(
        "the board is locked before the calls",
        RECORD,
        "                batch = Batch(reports)\n",
        '                connection.cursor().execute("SELECT 1 FROM calls_board FOR UPDATE")\n'
        "                batch = Batch(reports)\n",
        STORM,
        lane="b",
    ),
)
