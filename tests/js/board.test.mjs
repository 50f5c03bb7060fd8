// The browser's board follows the same rules as the reference in tests/live/reducer.py, on the same vectors.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { NOTHING, hear, start, sweep } from "../../static/desk/board.js";

const vectors = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url)));

for (const { name, start: snapshot, messages, end } of vectors) {
  test(`golden vector: ${name}`, () => {
    let board = snapshot ? start(NOTHING, snapshot) : NOTHING;
    for (const message of messages) board = hear(board, message).board;
    assert.equal(board.revision, end.revision);
    assert.deepEqual(Object.fromEntries(board.calls), end.calls);
  });
}

const call = (id, revision, more = {}) => ({ id, revision, status: "talking", ended_at: null, legs: [], actions: [], ...more });
const board = (revision, ...calls) => start(NOTHING, { epoch: "e", revision, calls });
const frame = (from, to, calls = [], gone = []) => ({ op: "frame", from, to, calls, gone });

test("a frame that does not follow on is not applied, and the desk asks", () => {
  const { board: after, then } = hear(board(5, call("a", 5)), frame(6, 7, [], ["a"]));
  assert.equal(then, "sync");
  assert.equal(after.revision, 5);
  assert.ok(after.calls.has("a"));
});

test("a call that ended leaves the board and fades for five seconds", () => {
  const { board: after } = hear(board(5, call("a", 5)), frame(5, 6, [call("a", 6, { ended_at: "2026-11-21T09:00:00.000Z" })]), 1000);
  assert.equal(after.calls.size, 0);
  assert.equal(after.ended.get("a").call.revision, 6);
  assert.ok(sweep(after, 5999).ended.has("a"));
  assert.ok(!sweep(after, 6000).ended.has("a"));
  assert.ok(sweep(after, 6000, (id) => id === "a").ended.has("a"), "a hand is on it");
});

test("what may not be seen any more does not fade, it goes", () => {
  const ended = hear(board(5, call("a", 5)), frame(5, 6, [call("a", 6, { ended_at: "2026-11-21T09:00:00.000Z" })])).board;
  assert.ok(!hear(ended, frame(6, 7, [], ["a"])).board.ended.has("a"));
});

test("a head that is ahead for one heartbeat means that a frame was lost", () => {
  const first = hear(board(5), { op: "head", revision: 6 });
  assert.equal(first.then, "");
  assert.equal(hear(first.board, { op: "head", revision: 6 }).then, "sync");
  const caughtUp = hear(first.board, frame(5, 6)).board;
  assert.equal(hear(caughtUp, { op: "head", revision: 6 }).then, "");
});

test("a head says how Twilio is; the picture and the frames do not", () => {
  const floor = { provider: "down", since: "2026-11-21T09:00:00.000Z", callback_at: null, swept_at: null };
  const told = hear(board(5), { op: "head", revision: 5, floor }).board;
  assert.deepEqual(told.floor, floor);
  assert.deepEqual(hear(told, frame(5, 6)).board.floor, floor);
  assert.equal(hear(told, { op: "head", revision: 5 }).board.floor, null);
});

test("stale is stale until a head or a frame says otherwise", () => {
  const old = hear(board(5), { op: "stale", since: "2026-11-21T09:00:00Z" }).board;
  assert.equal(old.staleSince, "2026-11-21T09:00:00Z");
  assert.equal(hear(old, { op: "head", revision: 5 }).board.staleSince, undefined);
});

test("a picture of the old rights never passes for one of the new", () => {
  assert.equal(hear(board(5, call("a", 5)), { op: "reload", why: "ring" }).then, "reload");
  const old = start(NOTHING, { epoch: "e", revision: 5, calls: [call("a", 5)] }, "9ac4");
  const { board: after, then } = hear(old, { op: "rights", rights: "77d0", you: { teams: {} } });
  assert.deepEqual([then, after.rights, after.calls.size], ["rights", "9ac4", 1]);
  assert.equal(start(after, { epoch: "e", revision: 5, calls: [] }, "77d0").rights, "77d0");
});

test("a board is never changed in place", () => {
  const before = board(5, call("a", 5));
  hear(before, frame(5, 6, [call("b", 6)], ["a"]));
  assert.deepEqual([...before.calls.keys()], ["a"]);
});
