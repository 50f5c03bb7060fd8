// How long is too long: the mark of a row, and its word.

import assert from "node:assert/strict";
import test from "node:test";

import { NONE, strainOf } from "../../static/desk/limits.js";

const LIMITS = { queues: { Service: { wait: [14, 20], talk: [180, 300] } }, teams: { 3: { wait: [7, 10], hold: [60, 120], unverified: [30, 90] } } };
const NOW = Date.parse("2026-11-22T09:00:00.000Z"), ago = (seconds) => new Date(NOW - seconds * 1000).toISOString();
const call = (status, seconds, more = {}) => ({ status, since: ago(seconds), team: 3, queue: "", ended_at: null, unverified_since: null, ...more });
const service = { queue: "Service" };

for (const [what, seen, wanted] of [
  ["who waits in time is not marked", call("waiting", 13, service), null],
  ["nearly too long", call("waiting", 14, service), { look: "attention", words: "of 0:20" }],
  ["at the target of the queue", call("waiting", 20, service), { look: "breach", words: "over 0:20" }],
  ["in no queue it is the team's", call("waiting", 20), { look: "breach", words: "over 0:10" }],
  ["a long conversation", call("talking", 400, service), { look: "breach", words: "over 5:00" }],
  ["on hold", call("held", 61), { look: "attention", words: "of 2:00" }],
  ["where it is switched off nothing is", call("held", 4000, service), null],
  ["of a call in a menu nobody says so", call("in-menu", 4000), null],
  ["of another team we know no limits", call("waiting", 4000, { team: 4 }), null],
  ["whoever may be gone is not waiting too long", call("waiting", 4000, { unverified_since: ago(40) }), { look: "attention", words: "of 1:30" }],
  ["nor is one that is over", call("held", 4000, { ended_at: ago(1) }), null],
]) {
  test(what, () => assert.deepEqual(strainOf(seen, LIMITS, NOW), wanted));
}

test("before limits are known nothing is marked", () => assert.equal(strainOf(call("waiting", 99), NONE, NOW), null));
