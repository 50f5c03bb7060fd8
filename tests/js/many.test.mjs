// A wish on many calls: which they are, what is known to be refused, and whether what was typed fits.

import assert from "node:assert/strict";
import test from "node:test";

import {
  aloneWords, byWords, endsWords, filterWords, lastOfOthers, leftWords, linesOf, listed, looked, misfit, overWords, refusal, refusals, statesOf, takes, tally, theirsWords,
  verbsOf,
} from "../../static/desk/many.js";

const call = (id, more = {}) => ({
  id, status: "talking", direction: "inbound", ended_at: null, line: "Billing hotline", team: 3, team_name: "Billing", actions: [],
  legs: [{ sid: `CA${id}`, role: "caller", status: "in-progress" }], ...more,
});
const team = (name, ...verbs) => ({ name, verbs });
const ben = { user: { name: "Ben" }, teams: { 3: team("Billing", "view", "end", "announce"), 4: team("Sales", "view") }, unassigned: null };

test("only what this person may do somewhere, and the server knows", () => {
  assert.deepEqual(verbsOf(ben, ["end", "announce", "redirect"]), ["announce", "end"]);
  assert.deepEqual(verbsOf(ben, ["end"]), ["end"]);
  assert.deepEqual(verbsOf({ teams: {} }, ["end"]), []);
});

test("what they are, the most first", () => {
  const meant = [call("1"), call("2", { status: "waiting", line: "" }), call("3"), call("4", { line: "", team_name: "" })];
  assert.equal(statesOf(meant), "In call 3, Waiting 1");
  assert.equal(linesOf(meant), "Billing hotline 2, Billing 1, no line 1");
});

test("of very many kinds the rest is counted together", () => {
  assert.equal(listed(tally("aabcdefgh".split(""))), "a 2, b 1, c 1, d 1, e 1, f 1, others 2");
});

const refused = (verb, entry, ...meant) => refusals(meant, (each) => refusal(verb, each, entry, plan, ben, 0));
const plan = { looked: 40, refused: { 7: "The call has ended already." }, ends: { 1: ["Ana"], 2: ["Jonas", "Mei"], 3: ["Ana", "Tom"] } };

test("who lacks the right on some of them is told how many, and which right", () => {
  const sales = { team: 4, team_name: "Sales" };
  assert.deepEqual(refused("end", null, call("1"), call("2", sales), call("3", sales)), [
    ["You need the permission “Can end calls” on Sales. You have it on Billing.", 2],
  ]);
});

test("what somebody is doing on one of them already is told", () => {
  const busy = { verb: "transfer", by: "Alice", state: "sending", requested_at: "2026-11-21T09:00:00.000Z" };
  assert.deepEqual(refused("announce", null, call("1", { actions: [busy] }), call("2")), [["Alice is already on it (transferring).", 1]]);
  assert.deepEqual(refused("end", null, call("1", { actions: [busy] })), [], "an end overtakes");
});

test("an announcement of another team is refused on this one's calls alone", () => {
  const [theirs, ours, all] = [{ teams: [9] }, { teams: [3, 9] }, { teams: [] }];
  assert.deepEqual(refused("announce", theirs, call("1")), [["There is no such announcement for calls of Billing.", 1]]);
  for (const entry of [ours, all, null]) assert.deepEqual(refused("announce", entry, call("1")), []);
});

test("what the server says of the first ones counts as well", () => {
  assert.deepEqual(refused("end", null, call("7"), call("1")), [["The call has ended already.", 1]]);
  assert.equal(looked(41, plan), "Only the first 40 were looked at closely.");
  assert.equal(looked(40, plan) || looked(41, null), "");
});

test("who talks to nobody yet is told to be left alone once somebody answers", () => {
  const [talks, waits, rings, bot] = ["held", "waiting", "ringing", "with-bot"].map((status) => call("1", { status }));
  assert.equal(aloneWords([talks]), "");
  assert.equal(aloneWords([talks, waits]), "No person talks on 1 of them yet: if somebody answers before its turn, it is left alone.");
  assert.equal(aloneWords([waits, rings, bot]), "No person talks on 3 of them yet: those that somebody answers before their turn are left alone.");
});

test("whom it hangs up is told", () => {
  assert.equal(endsWords([call("1")], plan), "It ends a conversation: Ana is hung up.");
  assert.equal(endsWords([call("2")], plan), "It ends a conversation: Jonas and Mei are hung up.");
  assert.equal(endsWords([call("1"), call("2"), call("3"), call("9")], plan), "It ends 3 conversations: Ana, Jonas, Mei and 1 more are hung up.");
  assert.equal(endsWords([call("9")], plan) || endsWords([call("1")], null), "");
});

for (const [typed, count, told] of [
  ["12", 12, ""], ["012", 12, ""], ["", 12, "Type how many calls it is about: 12."], ["twelve", 12, "Type how many calls it is about: 12."],
  ["-1", 1, "Type how many calls it is about: 1."], ["12", 11, "You typed 12, and it is about 11 calls now. Nothing was sent: look again."],
  ["2", 1, "You typed 2, and it is about 1 call now. Nothing was sent: look again."],
]) {
  test(`"${typed}" typed for ${count}`, () => assert.equal(misfit(typed, count), told));
}

test("who is not there any more is told of", () => {
  assert.equal(leftWords(12, 12), "");
  assert.equal(leftWords(12, 11), "Of the 12 that were shown 1 has ended or does not fit the filter any more: it is left alone.");
  assert.equal(leftWords(2000, 1990), "Of the 2,000 that were shown 10 have ended or do not fit the filter any more: they are left alone.");
});

for (const [count, words] of [[1, "about 1 s"], [12, "about 3 s"], [396, "about 99 s"], [400, "about 2 min"], [2000, "about 8 min"]]) {
  test(`${count} calls take ${words}`, () => assert.equal(takes(count, 4), words));
}

test("what the list is filtered by is said", () => {
  assert.equal(filterWords({ view: "ringing", text: "+1415" }, "Billing"), "Those that are shown now: Not answered yet, “+1415”, Billing.");
  assert.equal(filterWords({ view: "all", text: "" }, ""), "No filter is set: these are all live calls that you see.");
});

test("what somebody else does to many is told with their name, and as far as one sees it", () => {
  const bulk = { verb: "end", by: "Alice Moreau", mine: false, partly: true, made: 3, total: 12 };
  assert.equal(theirsWords(bulk), "Alice Moreau ends: 3 of 12");
  assert.equal(byWords(bulk), "By Alice Moreau. Others of its calls are of teams that you do not watch: they are not counted here.");
  assert.equal(byWords({ ...bulk, mine: true, partly: false }), "");
});

test("when one's own is over what went wrong is told, and that somebody stopped it", () => {
  const over = { failed: 1, refused: 2, stopped: false, sentence: "It is over." };
  assert.equal(overWords(over), "3 failed, refused or left alone.");
  assert.equal(overWords({ ...over, failed: 0, refused: 0 }), "");
  const stopped = { failed: 0, refused: 0, stopped: true, sentence: "Stopped by Ben: 4 calls were left alone." };
  assert.equal(overWords(stopped), stopped.sentence);
});

test("the last wish of somebody else that can be made on many is what makes the desk look", () => {
  const at = (verb, by, time) => call("1", { actions: [{ verb, by, requested_at: `2026-11-21T09:00:${time}.000Z` }] });
  const all = [at("end", "Alice", "05"), at("hold", "Alice", "09"), at("end", "Ben", "08"), at("announce", "Kim", "03")];
  assert.equal(lastOfOthers(all, ben.user), "2026-11-21T09:00:05.000Z");
  assert.equal(lastOfOthers([at("end", "Ben", "08")], ben.user), "");
});
