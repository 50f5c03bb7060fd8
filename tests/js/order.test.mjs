// Which rows, in which order, and what waits while a hand is in the list.

import assert from "node:assert/strict";
import test from "node:test";

import { PLAIN } from "../../static/desk/asked.js";
import { VIEWS, arrange, headsOf, hold, longestOf, matches, nearEnd, windowOf } from "../../static/desk/order.js";

const call = (id, more = {}) => ({
  id, status: "talking", direction: "inbound", since: `2026-11-21T09:00:0${id}.000Z`, started_at: `2026-11-21T08:00:0${id}.000Z`, ended_at: null,
  caller: `+1 ··· 000${id}`, agent: "Ana Pereira", line: "Billing hotline", team: 3, team_name: "Billing", queue: "Refunds", legs: [{ sid: `CA${id}`, name: "Ana Pereira" }], tags: ["vip"], ...more,
});
const board = (...calls) => ({ calls: new Map(calls.map((each) => [each.id, each])), ended: new Map() });
const asked = { ...PLAIN, sort: "total", down: true, group: "" };

test("the newest call first, if that is asked for", () => {
  const here = board(call("1"), call("3"), call("2"));
  assert.deepEqual(arrange(here, asked), ["3", "2", "1"]);
  assert.deepEqual(arrange(here, { ...asked, down: false }), ["1", "2", "3"]);
});

test("who needs a person is above, longest first in each band; where all is well nothing says so", () => {
  const here = board(call("1"), call("2"), call("3"), call("4"), call("5")), strains = { 4: "breach", 2: "attention", 5: "breach" };
  const ids = arrange(here, PLAIN, ({ id }) => strains[id]);
  assert.deepEqual(ids, ["§Over the limit", "4", "5", "§Close to the limit", "2", "§\uffff", "1", "3"]);
  assert.deepEqual([...headsOf(ids, "limits", (id) => here.calls.get(id)).values()].map(({ name, calls }) => [name, calls]),
    [["Over the limit", 2], ["Close to the limit", 1], ["Within limits", 2]]);
  assert.deepEqual(arrange(here, PLAIN), ["1", "2", "3", "4", "5"]);
});

test("equal calls keep one order, whatever order they came in", () => {
  const same = { started_at: "2026-11-21T08:00:00.000Z" };
  assert.deepEqual(arrange(board(call("2", same), call("1", same)), asked), arrange(board(call("1", same), call("2", same)), asked));
});

const STATUSES = ["waiting", "in-menu", "ringing", "talking", "held", "consulting", "with-bot", "ending"];
for (const [view, wanted] of [["all", STATUSES], ["ringing", STATUSES.slice(0, 3)], ["talking", STATUSES.slice(3, 7)]]) {
  test(`the view ${view} shows ${wanted.join(", ")}`, () => {
    assert.deepEqual(STATUSES.filter((status) => VIEWS[view]({ status })), wanted);
  });
}

for (const text of ["0001", "ana", "HOTLINE", "refunds", "billing", "in call", "vip", "CA1"]) {
  test(`"${text}" finds the call`, () => assert.ok(matches(call("1"), text)));
}

test("what is in none of its facts finds nothing", () => assert.ok(!matches(call("1"), "mallory")));

test("one team alone", () => {
  const here = board(call("1"), call("2", { team: 4 }), call("3", { team: null }));
  assert.deepEqual(arrange(here, { ...asked, team: "4" }), ["2"]);
});

test("only the states that were asked for; of an unverified call nobody knows its state", () => {
  const here = board(call("1"), call("2", { status: "held" }), call("3", { status: "held", unverified_since: "2026-11-21T09:00:00.000Z" }));
  assert.deepEqual(arrange(here, { ...asked, states: ["held"] }), ["2"]);
  assert.deepEqual(arrange(here, { ...asked, states: ["talking", "unverified"] }), ["3", "1"]);
});

const queued = (id, queue, more) => call(id, { queue, status: "waiting", ...more });
test("by queue: each under its head, sorted in it, and what is in none comes last", () => {
  const here = board(queued("1", ""), queued("2", "Sales"), queued("3", "Refunds", { status: "talking" }), queued("4", "Sales"));
  const ids = arrange(here, { ...asked, group: "queue" });
  assert.deepEqual(ids, ["§Refunds", "3", "§Sales", "4", "2", "§\uffff", "1"]);
  const heads = [...headsOf(ids, "queue", (id) => here.calls.get(id)).values()].map(({ name, calls, waiting, since }) => [name, calls, waiting, since]);
  assert.deepEqual(heads, [["Refunds", 1, 0, null], ["Sales", 2, 2, call("2").since], ["No queue", 1, 1, call("1").since]]);
});

test("by agent: who has nobody yet comes last, and a head over no call is left out", () => {
  const here = board(call("1", { agent: "" }), call("2"));
  const ids = arrange(here, { ...asked, group: "agent" });
  assert.deepEqual(ids, ["§Ana Pereira", "2", "§\uffff", "1"]);
  assert.deepEqual([...headsOf(["§Bo", ...ids], "agent", (id) => here.calls.get(id)).values()].map(({ name }) => name), ["Ana Pereira", "Nobody yet"]);
});

test("under the hand a head stays as well, and is no change by itself", () => {
  assert.deepEqual(hold(["§A", "1", "2"], ["§A", "1", "§B", "3"], true), { ids: ["§A", "1", "2"], waiting: 2 });
});

test("without a hand in the list every change is made at once", () => {
  assert.deepEqual(hold(["a", "b"], ["c", "a"], false), { ids: ["c", "a"], waiting: 0 });
});

test("under the hand nothing moves, and what waits is counted", () => {
  assert.deepEqual(hold(["a", "b"], ["c", "a"], true), { ids: ["a", "b"], waiting: 2 });
  assert.deepEqual(hold(["a", "b"], ["b", "a"], true), { ids: ["a", "b"], waiting: 1 });
  assert.deepEqual(hold(["a", "b"], ["a", "b"], true), { ids: ["a", "b"], waiting: 0 });
});

test("a call that ends fades in the view it was in, and in no other", () => {
  const here = board(call("1"));
  here.ended.set("2", { call: call("2", { status: "ended", ended_at: "2026-11-21T09:00:00.000Z" }), at: 0, was: "ringing" });
  assert.deepEqual(arrange(here, { ...asked, view: "ringing" }), ["2"]);
  assert.deepEqual(arrange(here, { ...asked, view: "talking" }), ["1"]);
  assert.deepEqual(arrange(here, asked), ["2", "1"]);
});

for (const [name, count, top, wanted] of [
  ["few rows are all there", 300, 120, [0, 300]], ["of many the first ones", 2000, -5, [0, 44]],
  ["those in the middle", 2000, 1000, [988, 1032]], ["those at the end", 2000, 1995, [1956, 2000]],
]) {
  test(`in the document: ${name}`, () => assert.deepEqual(windowOf(count, top, 20), wanted));
}

test("who waits longest is who has waited since the earliest moment, and nobody of whom nothing is known", () => {
  const waits = (id, since, more = {}) => ({ id, status: "waiting", since, unverified_since: null, ...more });
  const calls = [waits("b", "2026-01-01T00:02:00Z"), waits("a", "2026-01-01T00:01:00Z"), { ...waits("t", "2026-01-01T00:00:00Z"), status: "talking" }, waits("u", "2026-01-01T00:00:30Z", { unverified_since: "2026-01-01T00:03:00Z" })];
  assert.equal(longestOf(calls), "a");
  assert.equal(longestOf([]), null);
});

for (const [name, part, top, wanted] of [
  ["far from both ends", [988, 1032], 1000, false], ["scrolled down", [988, 1032], 1009, true], ["scrolled up", [988, 1032], 991, true],
  ["at the first call", [0, 44], 0, false], ["at the last call", [1956, 2000], 1980, false],
]) {
  test(`another part of many comes into the document before its end is seen: ${name}`, () => assert.equal(nearEnd(2000, part, top, 20), wanted));
}
