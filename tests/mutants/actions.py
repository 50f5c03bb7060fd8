"""Defects between a click and Twilio."""

from tests.mutants.mutant import Edit, Mutant, mutant

PERFORM, SQLITE = "calls/control/perform.py", "callcenter/sqlite/base.py"
GATEWAY, WIRE = "calls/twilio/gateway.py", "calls/twilio/wire.py"

ACTIONS = (
    mutant(
        "a request that timed out is sent again blindly",
        GATEWAY,
        "if error.sent or not left or",
        "if not left or",
        "tests/control/test_end.py",
    ),
    mutant(
        "an outcome is written whatever the state is by now",
        PERFORM,
        "if current.state not in from_states or not same:",
        "if not same:",
        "tests/control/test_end.py",
    ),
    mutant(
        "a lease that is shorter than the work",
        PERFORM,
        "LEASE = timedelta(seconds=30)",
        "LEASE = timedelta(seconds=5)",
        "tests/control/test_open_ends.py",
    ),
    Mutant(
        "a SID goes into the SDK's path as it came",
        (
            Edit(GATEWAY, "if not SID.fullmatch(sid):", "if not sid:"),
            Edit(WIRE, "if path is None or path[1] != settings.TWILIO_ACCOUNT_SID:", "if False:"),
        ),
        ("tests/control/test_gateway.py",),
    ),
    mutant(
        "control characters get into TwiML",
        "calls/twilio/twiml.py",
        'return NOT_XML.sub("", text)',
        "return text",
        "tests/twilio/test_twiml.py",
    ),
    mutant(
        "mark_safe(caller)",
        "templates/desk/call.html",
        '<h1 class="t">{{ call.caller|default:unknown }}</h1>',
        '<h1 class="t">{{ call.caller|safe }}</h1>',
        "tests/desk/test_call_page.py",
    ),
    mutant(
        "a hint outside of on_commit",
        "calls/live/hint.py",
        "transaction.on_commit(lambda: publish(revision), robust=True)",
        "publish(revision)",
        "tests/live/test_after_commit.py",
    ),
    mutant(
        "on_commit is not robust",
        "calls/live/hint.py",
        "transaction.on_commit(lambda: publish(revision), robust=True)",
        "transaction.on_commit(lambda: publish(revision))",
        "tests/live/test_after_commit.py",
    ),
    mutant(
        "DEFERRED transactions",
        "callcenter/settings.py",
        '"transaction_mode": "IMMEDIATE",',
        '"transaction_mode": "DEFERRED",',
        "tests/intake/test_turns.py",
    ),
    mutant(
        "SQLite without the first-in-first-out lock",
        SQLITE,
        "        TURN.acquire()\n        self._my_turn = True\n",
        "",
        "tests/intake/test_turns.py",
    ),
)
