// The line to the server, in a world where time, network and socket are ours.

import assert from "node:assert/strict";
import test, { afterEach, beforeEach } from "node:test";

let now, timers, sockets, answers, asked, over, stream, Stream, NOTHING;

class Socket {
  static OPEN = 1;
  constructor(url, protocol) {
    Object.assign(this, { url, protocol, readyState: 1, sent: [], closed: false, n: 0 });
    sockets.push(this);
  }
  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.closed = true; }
  says(message) { this.onmessage({ data: JSON.stringify({ n: ++this.n, ...message }) }); }
  said(op) { return this.sent.filter((message) => message.op === op); }
}

const world = {
  WebSocket: Socket,
  location: { protocol: "http:", host: "desk.test" },
  navigator: { onLine: true },
  performance: { now: () => now },
  addEventListener: () => {},
  setTimeout: (deed, ms) => timers.push({ deed, at: now + ms }) && timers.at(-1),
  clearTimeout: (timer) => { timers = timers.filter((each) => each !== timer); },
  setInterval: (deed, every) => timers.push({ deed, at: now + every, every }),
  fetch: async (url, { headers }) => { asked.push(headers); return answers.shift() ?? answer(503); },
};

function answer(status, body, rights = "9ac4") {
  const headers = { "X-Desk-Now": "2026-11-21T09:00:00.000Z", "X-Desk-Rights": rights, ETag: `"e.${body?.revision}"` };
  return { status, ok: status === 200, redirected: false, headers: { get: (name) => headers[name] ?? null }, json: async () => body };
}

const settled = () => new Promise((resume) => setImmediate(resume));

/** Let `ms` pass, timer by timer. */
async function pass(ms) {
  for (const end = now + ms; ;) {
    await settled();
    const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) { now = end; return settled(); }
    now = next.at;
    if (next.every) next.at += next.every;
    else timers = timers.filter((timer) => timer !== next);
    next.deed();
  }
}

const call = (id, revision) => ({ id, revision, status: "talking", ended_at: null, legs: [], actions: [] });
const picture = (revision) => ({ epoch: "k3fq", revision, calls: [call("a", revision)] });
const hello = { op: "hello", version: 2, heartbeat: 2, now: "2026-11-21T09:00:00.000Z", rights: "9ac4", you: { teams: {} } };

async function begin() {
  answers.push(answer(200, picture(10)));
  await stream.begin();
  sockets[0].says(hello);
  return sockets[0];
}

const before = Object.fromEntries(Object.keys(world).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

beforeEach(async () => {
  [now, timers, sockets, answers, asked, over] = [1000, [], [], [], [], []];
  for (const [name, value] of Object.entries(world)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  ({ Stream } = await import("../../static/desk/stream.js"));
  ({ NOTHING } = await import("../../static/desk/board.js"));
  stream = new Stream({ board: { ...NOTHING }, told: () => {}, over: (why) => over.push(why) });
});

afterEach(() => {
  for (const [name, was] of Object.entries(before)) {
    if (was) Object.defineProperty(globalThis, name, was);
    else delete globalThis[name];
  }
});

test("the picture first, then the socket says where we stand, with the rights of the picture", async () => {
  const socket = await begin();
  assert.deepEqual([socket.url, socket.protocol], ["ws://desk.test/ws/desk/", "supervisor.v2"]);
  assert.deepEqual(socket.said("sync"), [{ op: "sync", epoch: "k3fq", revision: 10, rights: "9ac4" }]);
  assert.equal(stream.badge.state, "live");
});

test("a gap is asked about at once, and the desk is not live before it is closed", async () => {
  const socket = await begin();
  socket.says({ op: "frame", from: 12, to: 13, calls: [call("b", 13)], gone: [] });
  assert.equal(socket.said("sync").length, 2);
  assert.equal(stream.badge.state, "resyncing");
  socket.says({ op: "frame", from: 10, to: 13, calls: [call("b", 13)], gone: [] });
  assert.deepEqual([stream.badge.state, stream.board.revision], ["live", 13]);
});

test("after a cut a greeting alone makes nothing live: a head that agrees does", async () => {
  const socket = await begin();
  await pass(3000);
  socket.onclose({ code: 1006 });
  assert.equal(stream.badge.state, "reconnecting");
  await pass(1000);
  sockets[1].says(hello);
  assert.deepEqual(sockets[1].said("sync").map((each) => each.revision), [10]);
  assert.equal(stream.badge.state, "resyncing");
  sockets[1].says({ op: "head", revision: 10 });
  assert.equal(stream.badge.state, "live");
  assert.equal(asked.length, 1, "the picture was not fetched again");
});

test("five seconds of silence end the connection, and what the old one still says is not heard", async () => {
  const socket = await begin();
  await pass(4900);
  assert.equal(stream.badge.state, "delayed");
  await pass(600);
  assert.ok(socket.closed);
  assert.equal(stream.badge.state, "reconnecting");
  socket.says({ op: "frame", from: 10, to: 11, calls: [], gone: ["a"] });
  assert.equal(stream.board.revision, 10);
});

test("one acknowledgement for many messages, and none later than the next message after half a second", async () => {
  const socket = await begin();
  const acked = () => socket.said("ack").map((each) => each.n);
  assert.deepEqual(acked(), [1]);
  for (let place = 0; place < 63; place += 1) socket.says({ op: "head", revision: 10 });
  assert.deepEqual(acked(), [1]);
  socket.says({ op: "head", revision: 10 });
  assert.deepEqual(acked(), [1, 65]);
  now += 500;
  socket.says({ op: "head", revision: 10 });
  assert.deepEqual(acked(), [1, 65, 66]);
});

test("much is acknowledged before the server stops and waits for it", async () => {
  const socket = await begin();
  const acked = () => socket.said("ack").map((each) => each.n);
  const frame = (from, to) => ({ op: "frame", from, to, calls: [{ ...call("a", to), line: "x".repeat(50_000) }], gone: [] });
  for (let place = 10; place < 18; place += 1) socket.says(frame(place, place + 1));
  assert.deepEqual(acked(), [1, 4, 7]);
});

test("a page from before an upgrade says so, and tries nothing more", async () => {
  const socket = await begin();
  socket.onclose({ code: 1012 });
  await pass(5000);
  sockets[1].onclose({ code: 4409 });
  assert.deepEqual([over, stream.board.calls.size], [["version"], 0]);
  await pass(60000);
  assert.deepEqual([sockets.length, asked.length], [2, 1]);
});

test("reload fetches the picture anew and goes on from there", async () => {
  const socket = await begin();
  answers.push(answer(200, picture(20), "77d0"));
  socket.says({ op: "reload", why: "ring" });
  assert.equal(stream.badge.state, "resyncing");
  await settled();
  assert.deepEqual(socket.said("sync").at(-1), { op: "sync", epoch: "k3fq", revision: 20, rights: "77d0" });
  assert.equal(asked[1]["If-None-Match"], '"e.10"');
});

test("a picture that has moved on is not kept beside the board, and not asked for as the same", async () => {
  const socket = await begin();
  socket.says({ op: "frame", from: 10, to: 11, calls: [call("b", 11)], gone: [] });
  assert.equal(stream.picture, null);
  answers.push(answer(200, picture(20)));
  socket.says({ op: "reload", why: "ring" });
  await settled();
  assert.equal(asked[1]["If-None-Match"], undefined);
  assert.equal(stream.board.revision, 20);
});

test("a frame that comes while the same picture is asked for takes it away from nobody", async () => {
  const socket = await begin();
  answers.push(answer(304));
  socket.says({ op: "reload", why: "ring" });
  socket.says({ op: "frame", from: 10, to: 11, calls: [call("b", 11)], gone: [] });
  await settled();
  assert.equal(stream.board.revision, 10);
});

test("a reload that fails is tried again while the socket lives, ever less often", async () => {
  const socket = await begin();
  answers.push(answer(503), answer(503), answer(200, picture(20)));
  socket.says({ op: "reload", why: "epoch" });
  for (let second = 0; second < 8; second += 1) {
    socket.says({ op: "stale", since: null });
    await pass(1000);
  }
  assert.equal(asked.length, 4);
  assert.equal(stream.board.revision, 20);
});

test("when the session is over everything is wiped and nothing is tried again", async () => {
  const socket = await begin();
  socket.onclose({ code: 4401 });
  assert.deepEqual([over, stream.board.calls.size, stream.board.you], [["sign-in"], 0, null]);
  await pass(60000);
  assert.deepEqual([sockets.length, asked.length], [1, 1]);
});

test("a handshake that is refused is asked about at the picture's door", async () => {
  const socket = await begin();
  socket.onclose({ code: 1006 });
  await pass(1000);
  answers.push(answer(401));
  sockets[1].onclose({ code: 1006 });
  await pass(2000);
  assert.deepEqual(over, ["sign-in"]);
});
