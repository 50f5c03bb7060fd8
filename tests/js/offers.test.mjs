// The palette: what is offered for what was typed.

import assert from "node:assert/strict";
import test from "node:test";

import { along, answers, offered } from "../../static/desk/offers.js";

const calls = [...Array(20).keys()].map((n) => ({ id: `c${n}`, name: `+1 ··· ${1000 + n}`, where: "Talking, Billing hotline, Ana Pereira" }));
const wishes = [{ id: "hold", name: "Hold", off: "Nobody talks yet." }, { id: "end", name: "End" }, { id: "take_over", name: "Take over" }];
const sources = [{ cap: "This call", entries: wishes }, { cap: "Calls", entries: calls, many: true }, { cap: "The desk", entries: [{ id: "/queues/", name: "Queues" }] }];
const ids = (typed) => offered(sources, typed).map(({ entries }) => entries.map(({ id }) => id));

test("before anything is typed there is what can be wished on the open call, and where one can go, and no list of all calls", () => {
  assert.deepEqual(ids(""), [["end", "take_over", "hold"], ["/queues/"]]);
});

for (const [name, typed, found] of [
  ["the beginning of each word", "ta ov", [["take_over"]]],
  ["digits out of the middle of a number", "1007", [["c7"]]],
  ["nothing answers", "zzz", []],
]) test(name, () => assert.deepEqual(ids(typed), found));

test("of many the first eight, and how many more there are", () => {
  const [group] = offered(sources, "billing");
  assert.deepEqual([group.cap, group.entries.length, group.more], ["Calls", 8, 12]);
});

test("a call is found by whoever is on it, and by a SID", () => {
  const call = { name: "+46 ··· 4417", where: "On hold, Sales", also: "CA0011 Sana Rahman" };
  for (const typed of ["sana", "hold sal", "ca0011", "4417"]) assert.ok(answers(call, typed), typed);
  assert.ok(!answers(call, "old"));
});

test("accents need not be typed, and may be", () => {
  for (const typed of ["anadir", "AÑA", "añadir a jose", "an\u0303adir"]) assert.ok(answers({ name: "Añadir a José" }, typed), typed);
});

test("the arrows go round and round", () => assert.deepEqual([along(3, 2, 1), along(3, 0, -1), along(0, 0, 1), along(3, 0, 1)], [0, 2, -1, 1]));
