// How fresh is what we show, when do we try again, and what does a close code ask of us?

import assert from "node:assert/strict";
import test from "node:test";

import { afterClose, judge, triesAfter, wait } from "../../static/desk/link.js";

const fine = { open: true, synced: true, heardAt: 10000, offline: false, tries: 0, retryAt: 0 };
const board = { staleSince: undefined };

const TABLE = [
  ["news a moment ago", {}, {}, 10400, "live", false],
  ["news three seconds ago", {}, {}, 13000, "live", false],
  ["a little longer", {}, {}, 13001, "delayed", false],
  ["nothing for five seconds", {}, {}, 15001, "reconnecting", true],
  ["the socket is closed", { open: false }, {}, 10100, "reconnecting", true],
  ["the place in the stream is not agreed", { synced: false }, {}, 10100, "resyncing", true],
  ["the machine has no network", { offline: true, open: false }, {}, 10100, "offline", true],
  ["the server cannot read its records", {}, { staleSince: "2026-11-21T09:00:00.000Z" }, 10100, "stale", true],
  ["and does not know since when", {}, { staleSince: null }, 10100, "stale", true],
];

for (const [name, link, more, now, state, stale] of TABLE) {
  test(`${name}: ${state}`, () => {
    const badge = judge({ ...fine, ...link }, { ...board, ...more }, now);
    assert.deepEqual([badge.state, badge.stale], [state, stale]);
  });
}

const away = { provider: "down", since: "2026-11-21T09:00:00.000Z" };

test("Twilio's API is away: our own line is live all the same, and no action can be sent", () => {
  const badge = judge(fine, { ...board, floor: away }, 10400);
  assert.deepEqual([badge.state, badge.stale], ["live", false]);
  assert.match(badge.trouble, /has not answered since \d\d:\d\d:\d\d/);
  assert.match(badge.off, /^Actions are off: Twilio/);
  assert.match(badge.meaning, /Actions are off until Twilio answers\.$/);
});

test("all is well: no trouble, and nothing is off", () => {
  for (const floor of [undefined, null, { provider: "ok", since: null }]) {
    const badge = judge(fine, { ...board, floor }, 10400);
    assert.deepEqual([badge.trouble, badge.meaning, badge.off], ["", "", ""]);
  }
});

test("nobody compares with Twilio: that is said with the day, and the buttons stay on", () => {
  const badge = judge(fine, { ...board, floor: { provider: "unknown", since: "2026-11-19T09:00:00.000Z" } }, 10400);
  assert.deepEqual([badge.state, badge.off], ["live", ""]);
  assert.match(badge.trouble, /^Nobody has compared the calls with Twilio since .*19.* \d\d:\d\d:\d\d$/);
  assert.match(badge.meaning, /Actions can be sent/);
  assert.match(judge(fine, { ...board, floor: { provider: "unknown", since: null } }, 10400).trouble, /with Twilio yet$/);
});

test("an old picture is the greater trouble", () => {
  assert.match(judge({ ...fine, open: false }, { ...board, floor: away }, 10400).off, /not current/);
});

test("tries spread over the whole wait, never under a quarter of a second, never over thirty", () => {
  assert.equal(wait(0, () => 0), 250);
  assert.equal(wait(1, () => 1), 1000);
  assert.equal(wait(4, () => 0.5), 4000);
  assert.equal(wait(40, () => 1), 30000);
});

test("a minute of health forgets the tries before it", () => {
  assert.equal(triesAfter(7, 60001), 0);
  assert.equal(triesAfter(7, 59999), 8);
});

for (const [code, then] of [[4401, "sign-in"], [4403, "forbidden"], [4409, "version"], [1012, "restart"], [1006, "retry"], [4408, "retry"], [4429, "retry"]]) {
  test(`close code ${code}: ${then}`, () => assert.equal(afterClose(code), then));
}
