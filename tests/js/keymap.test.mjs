// One map of keys: what is pressed, what people choose instead, and what is never in anybody's way.

import assert from "node:assert/strict";
import test from "node:test";

import { GROUPS } from "../../static/desk/buttons.js";
import { DEEDS, capsOf, clash, deedFor, keymap, meaning, pressed, waysOf } from "../../static/desk/keymap.js";

const usual = keymap();
const does = (map, key, before) => meaning(map, key, before).name;

test("no two deeds share a key, and every one says in words what it does", () => {
  const keys = [...usual.values()].filter(Boolean);
  for (const [place, key] of keys.entries()) assert.ok(!keys.slice(place + 1).some((other) => clash(key, other)), key);
  for (const deed of DEEDS) assert.ok(deed.words && deed.group && (deed.key || deed.always), deed.name);
  assert.equal(new Set(DEEDS.map(({ name }) => name)).size, DEEDS.length);
});

test("every wish that has a key has a button somewhere", () => {
  const every = new Set(GROUPS.flatMap(([, verbs]) => verbs));
  assert.ok(DEEDS.flatMap(({ verbs = [] }) => verbs).every((verb) => every.has(verb)));
  assert.equal(deedFor("resume").name, "hold");
  assert.equal(deedFor("limit"), undefined);
});

test("g waits for a second key, and a second key that means nothing with it is itself", () => {
  assert.deepEqual(meaning(usual, "g"), { waits: "g" });
  assert.equal(does(usual, "q", "g"), "queues");
  assert.equal(does(usual, "j", "g"), "next");
  assert.equal(does(usual, "q"), undefined);
});

for (const [name, event, key] of [
  ["a letter, with or without Shift", { key: "R", shiftKey: true }, "r"],
  ["a character is what it is, however it is typed", { key: "?", shiftKey: true }, "?"],
  ["the browser's own", { key: "r", ctrlKey: true }, ""],
  ["a letter of another keyboard's third level", { key: "e", altKey: true }, ""],
  ["the palette", { key: "k", ctrlKey: true }, "Ctrl-K"],
  ["the palette on a Mac", { key: "k", metaKey: true }, "Ctrl-K"],
  ["what a browser fills in", {}, ""],
]) test(`what is pressed: ${name}`, () => assert.equal(pressed(event), key));

test("without single keys the arrows, Enter and Esc still do", () => {
  const map = keymap({ off: true });
  assert.equal(does(map, "j"), undefined);
  assert.deepEqual(meaning(map, "g"), {});
  assert.equal(does(map, "ArrowDown"), "next");
  assert.equal(does(map, "Escape"), "close");
  assert.deepEqual(waysOf(map, DEEDS[0]), [["↓"]]);
});

test("one's own key is the one that counts, also where it was another deed's", () => {
  const map = keymap({ keys: { end: "t", hold: "g h", find: "", nothing: "z" } });
  assert.equal(does(map, "t"), "end");
  assert.equal(map.get("transfer"), "");
  assert.equal(does(map, "e"), undefined);
  assert.equal(does(map, "h", "g"), "hold");
  assert.equal(does(map, "/"), undefined);
});

test("a key that is over before the second of two could come takes that one's place", () => {
  const map = keymap({ keys: { end: "g" } });
  assert.equal(does(map, "g"), "end");
  assert.equal(map.get("queues"), "");
});

test("on the page they look like the keyboard", () => assert.deepEqual([capsOf("g q"), capsOf("Escape"), capsOf("")], [["G", "Q"], ["Esc"], []]));
