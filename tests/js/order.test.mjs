// Which rows, in which order, and what waits while a hand is in the list.

import assert from "node:assert/strict";
import test from "node:test";

import { VIEWS, arrange, hold, matches, windowOf } from "../../static/desk/order.js";

const call = (id, more = {}) => ({
  id, status: "talking", direction: "inbound", since: `2026-11-21T09:00:0${id}.000Z`, started_at: `2026-11-21T08:00:0${id}.000Z`, ended_at: null,
  caller: `+1 ··· 000${id}`, agent: "Ana Pereira", line: "Billing hotline", team: 3, team_name: "Billing", legs: [{ sid: `CA${id}`, name: "Ana Pereira" }], ...more,
});
const board = (...calls) => ({ calls: new Map(calls.map((each) => [each.id, each])), ended: new Map() });
const asked = { view: "all", text: "", team: null, sort: "total", down: true };

test("the newest call first, unless another order is asked for", () => {
  const here = board(call("1"), call("3"), call("2"));
  assert.deepEqual(arrange(here, asked), ["3", "2", "1"]);
  assert.deepEqual(arrange(here, { ...asked, down: false }), ["1", "2", "3"]);
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

for (const text of ["0001", "ana", "HOTLINE", "billing", "in call", "CA1"]) {
  test(`"${text}" finds the call`, () => assert.ok(matches(call("1"), text)));
}

test("what is in none of its facts finds nothing", () => assert.ok(!matches(call("1"), "mallory")));

test("one team alone", () => {
  const here = board(call("1"), call("2", { team: 4 }), call("3", { team: null }));
  assert.deepEqual(arrange(here, { ...asked, team: "4" }), ["2"]);
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
  ["few rows are all there", 300, 120, [0, 300]], ["of many the first ones", 2000, -5, [0, 80]],
  ["those in the middle", 2000, 1000, [970, 1050]], ["those at the end", 2000, 1995, [1920, 2000]],
]) {
  test(`in the document: ${name}`, () => assert.deepEqual(windowOf(count, top, 20), wanted));
}
