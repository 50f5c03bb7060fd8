"""Bare ASGI: what the machine can do. Signature and 204; at /store/ also one statement a request on PostgreSQL."""

import hmac
import json
import os
from base64 import b64encode
from hashlib import sha1, sha256
from urllib.parse import parse_qsl

from psycopg_pool import AsyncConnectionPool

TOKEN = hmac.new(os.environ["TWILIO_AUTH_TOKEN"].encode(), digestmod=sha1)
PUBLIC_URL = os.environ["PUBLIC_URL"]
RANKS = {"initiated": 1, "ringing": 2, "in-progress": 3}
TABLES = """
CREATE TABLE report (digest text PRIMARY KEY, sid text NOT NULL, received_at timestamptz DEFAULT now(), body jsonb);
CREATE TABLE leg (sid text PRIMARY KEY, status text NOT NULL, rank int NOT NULL, parent text, source text, target text);
"""
# The raw report, duplicates ignored, and the leg, guarded by the order of states.
STATEMENT = """
WITH kept AS (
    INSERT INTO report (digest, sid, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
)
INSERT INTO leg (sid, status, rank, parent, source, target) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (sid) DO UPDATE SET status = excluded.status, rank = excluded.rank WHERE leg.rank < excluded.rank
"""
pool = AsyncConnectionPool(
    os.environ.get("DATABASE_URL", ""), min_size=8, max_size=8, open=False, kwargs={"autocommit": True}
)


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["path"] == "/healthz/":
        return await answer(send, 200)
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    signature = next((value for name, value in scope["headers"] if name == b"x-twilio-signature"), b"")
    expected = TOKEN.copy()
    text = PUBLIC_URL + scope["path"] + "".join([name + form[name] for name in sorted(form)])
    expected.update(text.encode())
    if not hmac.compare_digest(b64encode(expected.digest()), signature):
        return await answer(send, 403)
    if scope["path"] == "/store/":
        await store(body, form)
    await answer(send, 204)


async def store(body: bytes, form: dict[str, str]) -> None:
    sid, status = form["CallSid"], form["CallStatus"]
    async with pool.connection() as connection:
        await connection.execute(
            STATEMENT,
            [sha256(body).hexdigest(), sid, json.dumps(form)]
            + [sid, status, RANKS.get(status, 4), form.get("ParentCallSid"), form["From"], form["To"]],
        )


async def answer(send, status):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def lifespan(receive, send):
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            if os.environ.get("DATABASE_URL"):
                await pool.open(wait=True)
            await send({"type": "lifespan.startup.complete"})
        else:
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
