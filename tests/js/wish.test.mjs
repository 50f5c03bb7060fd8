// When is a second press the same wish, and when is it another one? The page and the server are made up; the rest is as it runs.

import assert from "node:assert/strict";
import test from "node:test";

import { Wish } from "../../static/desk/wish.js";

globalThis.document = { querySelector: () => ({ value: "token" }) };

/** Each press gets the next answer: [HTTP status, body], or null if none comes. Returns whether it was ok, and the key it went with. */
async function pressed(...answers) {
  const told = [], keys = [], wish = new Wish("c1", "transfer");
  globalThis.fetch = async (url, { headers }) => {
    keys.push(headers["Idempotency-Key"]);
    const answer = answers[keys.length - 1];
    if (answer === null) throw new DOMException("The operation timed out.", "TimeoutError");
    return { ok: answer[0] < 400, status: answer[0], redirected: false, json: async () => answer[1] };
  };
  for (const _ of answers) told.push((await wish.send({ destination: "7" })).ok);
  return { told, keys, same: new Set(keys).size === 1 };
}

const said = (state, action = "a1") => ({ action, state, code: "", effects: [], message: "A sentence." });

for (const state of ["requested", "sending", "accepted", "confirmed", "unknown", "overtaken"]) {
  test(`after no answer the second press is the same wish; ${state} is good to hear`, async () => {
    const { told, same } = await pressed(null, [200, said(state)]);
    assert.deepEqual([told, same], [[false, true], true]);
  });
}

for (const state of ["failed", "refused", "abandoned"]) {
  test(`a wish that was ${state} is not sent, though its second press is answered 200; the third press is another wish`, async () => {
    const { told, keys } = await pressed(null, [200, said(state)], [202, said("accepted", "a2")]);
    assert.deepEqual(told, [false, false, true]);
    assert.equal(keys[0], keys[1]);
    assert.notEqual(keys[1], keys[2]);
  });
}

test("who hears that it failed and presses again makes another wish", async () => {
  const { told, keys } = await pressed([409, said("failed")], [202, said("accepted", "a2")]);
  assert.deepEqual([told, keys[0] === keys[1]], [[false, true], false]);
});

for (const [name, status, body] of [
  ["the call has changed", 412, said("refused", null)], ["the password is asked for", 403, said("refused", null)],
  ["somebody else is on it", 409, said("refused", null)], ["a proxy has no server", 502, null],
]) {
  test(`${name}: nothing was recorded, and an earlier press may still be on its way, so the key stays`, async () => {
    const { told, same } = await pressed([status, body], [202, said("accepted")]);
    assert.deepEqual([told, same], [[false, true], true]);
  });
}

test("an answer that breaks off is none", async () => {
  const { told, same } = await pressed([202, null], [200, said("accepted")]);
  assert.deepEqual([told, same], [[false, true], true]);
});
