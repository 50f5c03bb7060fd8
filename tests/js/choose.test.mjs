// Where a call may go: what is found, in which order, and what may be typed instead.

import assert from "node:assert/strict";
import test from "node:test";

import { groups, spaced, stepTo } from "../../static/desk/choose.js";

const agent = (id, name, where, more) => ({ id: `agent-${id}`, name, kind: "agent", where, state: "available", free: true, why: "", ...more });
const choices = {
  destinations: [
    agent(1, "Ana Pereira", "Billing", { free: false, why: "On a call" }), agent(2, "Grace Kim", "Sales, Billing"),
    agent(3, "Elin Berg", "Support", { free: false, state: "away", why: "Away" }), agent(4, "Ravi Shah", "Support"),
    { id: "7", name: "Front desk", kind: "address", where: "+1 ··· 0951", state: "", free: true, why: "" },
  ],
  external: true, countries: ["US"],
};
const names = (typed, given = choices) => groups(given, typed).map(({ cap, entries }) => [cap, ...entries.map((one) => one.name)]);

test("whoever is free comes first, by name; the busy ones last, and it says why", () => {
  assert.deepEqual(names(""), [["People", "Grace Kim", "Ravi Shah", "Ana Pereira", "Elin Berg"], ["Directory", "Front desk"]]);
  const [people] = groups(choices, "");
  assert.deepEqual(people.entries.map((one) => [one.word, one.free]), [["free", true], ["free", true], ["on a call", false], ["away", false]]);
});

for (const [typed, found] of [
  ["gra", [["People", "Grace Kim"]]], ["kim", [["People", "Grace Kim"]]], ["KIM gr", [["People", "Grace Kim"]]],
  ["support", [["People", "Ravi Shah", "Elin Berg"]]], ["support rav", [["People", "Ravi Shah"]]], ["desk", [["Directory", "Front desk"]]], ["im", []], ["zz", []],
]) {
  test(`typing “${typed}” finds ${JSON.stringify(found)}`, () => assert.deepEqual(names(typed), found));
}

for (const [typed, to, off] of [
  ["+14155550123", "+14155550123", false], ["+1 (415) 555-0123", "+14155550123", false], ["4155550123", "", true], ["+1415", "", true], ["+0123456789", "", true],
]) {
  test(`${typed} ${off ? "is not dialled as it is" : "can be called"}`, () => {
    const [{ cap, entries: [one] }] = groups(choices, typed);
    assert.deepEqual([cap, one.to, Boolean(one.off), one.free], ["Number", to, off, !off]);
  });
}

test("a number is offered to who may dial outside; others read what they lack", () => {
  const [{ entries: [one] }] = groups({ ...choices, external: false }, "+14155550123");
  assert.match(one.off, /Can transfer to numbers outside the directory/);
  assert.equal(stepTo([one], null, 1), null);
});

for (const [number, shown] of [["+14155550123", "+1 415 555 0123"], ["+46701234567", "+46 701 23 4567"], ["+12345678", "+1 234 5678"]]) {
  test(`${number} reads ${shown}`, () => assert.equal(spaced(number), shown));
}

test("arrows go over what can be chosen, and stop at the ends", () => {
  const entries = groups(choices, "").flatMap((group) => group.entries);
  const [grace, ravi] = entries;
  assert.equal(stepTo(entries, null, 1), grace);
  assert.equal(stepTo(entries, grace, 1), ravi);
  assert.equal(stepTo(entries, grace, -1), grace);
  assert.equal(stepTo(entries, null, -1).name, "Front desk");
});
