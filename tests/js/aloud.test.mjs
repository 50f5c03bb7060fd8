// What is read out: one sentence at a time, at most one in five seconds, and where the keyboard goes.

import assert from "node:assert/strict";
import test from "node:test";

import { Aloud } from "../../static/desk/aloud.js";
import { heirOf } from "../../static/desk/order.js";

const call = (id, status = "talking", more = {}) => ({ id, status, caller: `+1 ··· ${id}`, ended_at: null, actions: [], ...more });
const board = (...calls) => ({ revision: 1, calls: new Map(calls.map((each) => [each.id, each])) });
function heard(open, ...boards) {
  const said = [], aloud = new Aloud((words) => said.push(words));
  boards.forEach((each, turn) => aloud.hear(each, open, turn * 6000));
  return said;
}

for (const [name, open, before, after, words] of [
  ["some came, one was answered, one ended", null, board(call("1", "ringing"), call("2")), board(call("1"), call("3"), call("4")), "2 new, 1 answered, 1 ended."],
  ["the call that is open comes before the others, with its state", "2", board(call("1"), call("2")), board(call("2", "held")), "The open call, +1 ··· 2: On hold, 1 ended."],
  ["that it ended, too", "2", board(call("2")), board(), "The open call has ended."],
  ["first of all who needs a human", null, board(call("1")), board(call("1", "talking", { actions: [{ state: "abandoned" }] }), call("2")), "1 needs a human, 1 new."],
]) test(name, () => assert.deepEqual(heard(open, before, after), [words]));

test("the picture on the way in, and one in which nothing happened, are no news", () => {
  assert.deepEqual(heard(null, { revision: null, calls: new Map() }, board(call("1")), board(call("1"))), []);
});

test("however much happens, it is one sentence in five seconds, and nothing is left out", () => {
  const said = [], aloud = new Aloud((words) => said.push(words)), calls = [];
  aloud.hear(board(), null, 0);
  for (let at = 100; at <= 10_200; at += 100) {
    calls.push(call(String(at)));
    aloud.hear(board(...calls), null, at);
  }
  assert.deepEqual(said, ["1 new.", "50 new.", "50 new."]);
});

test("what the page itself has to say comes with it", () => {
  const said = [], aloud = new Aloud((words) => said.push(words));
  aloud.hear(board(call("1")), null, 0);
  aloud.say("that call is not in the list any more; you are on +1 ··· 3, In call");
  aloud.hear(board(), null, 1);
  assert.deepEqual(said, ["That call is not in the list any more; you are on +1 ··· 3, In call. 1 ended."]);
});

for (const [name, old, now, heir] of [
  ["to the next one", ["a", "b", "c"], ["c", "a"], "c"],
  ["past those that are gone as well", ["a", "b", "c", "d"], ["a", "d"], "d"],
  ["from the last one back", ["a", "b"], ["a"], "a"],
  ["nowhere if the list is empty", ["b"], [], null],
]) test(`the keyboard goes ${name}`, () => assert.equal(heirOf(old, new Set(now), "b"), heir));
