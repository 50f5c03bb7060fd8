// How late a desk is: from what happened, and from when the server was told, to what is on the screen.

import assert from "node:assert/strict";
import test from "node:test";

import { Delays, delayWords, spread } from "../../static/desk/delays.js";

const NOON = Date.parse("2026-11-21T12:00:00.000Z"), at = (ms) => new Date(NOON + ms).toISOString();
const call = (id, since, heard, more) => ({ id, since: at(since), heard_at: at(heard), ended_at: null, ...more });

test("a change of state counts from when it happened, anything else from when the server was told", () => {
  const delays = new Delays(), was = call("a", 0, 100), now = call("a", 1000, 1400);
  delays.came([[was, now], [undefined, call("b", 1000, 1300)]]);
  delays.came([[now, call("a", 1000, 1450)]]); // a leg more, the same state
  delays.came([[now, { ...now, actions: [{}] }]]); // a wish that moved on: nobody telephoned
  delays.painted(NOON + 1500);
  assert.deepEqual([delays.happened, delays.told], [[500, 500], [100, 200, 50]]);
});

test("what nobody saw is nobody's delay", () => {
  const delays = new Delays();
  delays.came([[undefined, call("a", 500, 600)]]);
  delays.unseen();
  delays.painted(NOON + 9000);
  assert.deepEqual([delays.happened, delays.told], [[], []]);
});

test("clocks that differ give no negative delay, and a computer that was asleep none at all", () => {
  const delays = new Delays();
  delays.came([[undefined, call("a", 2000, 1100)], [undefined, call("b", -90_000, -90_000)]]);
  delays.painted(NOON + 1000);
  assert.deepEqual([delays.happened, delays.told], [[0], [0]]);
});

test("only the last two hundred count", () => {
  const delays = new Delays();
  for (let turn = 0; turn < 300; turn++) {
    delays.came([[undefined, call(String(turn), turn, turn)]]);
    delays.painted(NOON + turn + turn);
  }
  assert.deepEqual([delays.told.length, delays.told[0]], [200, 100]);
});

for (const [name, list, told] of [
  ["of twenty the tenth and the nineteenth", [...Array(20).keys()].map((n) => n + 1), { half: 10, most: 19 }],
  ["whatever their order", [5, 1, 4, 2, 3], { half: 3, most: 5 }],
  ["of four nothing", [1, 2, 3, 4], null],
]) test(`half and most: ${name}`, () => assert.deepEqual(spread(list), told));

test("in words", () => {
  const { words } = delayWords({ happened: { half: 640, most: 1240 }, told: { half: 42.4, most: 90 }, count: 20 });
  assert.equal(words, "p50 / p95: 640 ms / 1.2 s from Twilio, 42 ms / 90 ms from the server");
  assert.deepEqual(delayWords({ happened: null, told: null, count: 3 }), { words: "", title: "" });
});
