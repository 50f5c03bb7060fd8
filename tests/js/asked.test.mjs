// What the list was asked for, to the address and back.

import assert from "node:assert/strict";
import test from "node:test";

import { PLAIN, read, write } from "../../static/desk/asked.js";
import { buttonWords } from "../../static/desk/filter.js";

test("the plain list needs no address", () => {
  assert.equal(write(PLAIN), "");
  assert.deepEqual(read(""), PLAIN);
});

const ASKED = { view: "talking", states: ["talking", "held"], text: "ana & bo", team: "3", sort: "total", down: false, group: "queue" };
test("a pasted link shows the same, and always reads the same", () => {
  const link = write(ASKED);
  assert.equal(link, "view=talking&states=talking%2Cheld&find=ana+%26+bo&team=3&sort=total&down=0&group=queue");
  assert.deepEqual(read(`?${link}`), ASKED);
  assert.equal(write({ ...ASKED, states: ["held", "talking"] }), link);
});

test("a list that is not put together says so in its address", () => {
  assert.equal(write({ ...PLAIN, group: "" }), "group=none");
  assert.deepEqual(read("group=none"), { ...PLAIN, group: "" });
});

for (const link of ["view=toString", "states=ended,nothing", "sort=constructor", "group=__proto__", "down=maybe"]) {
  test(`what nobody knows is as if it were not there: ${link}`, () => assert.deepEqual(read(link), PLAIN));
}

for (const [change, words] of [[{}, "Filter"], [{ states: ["held"] }, "On hold"], [{ states: ["held", "waiting"] }, "2 states"],
  [{ group: "" }, "Not grouped"], [{ group: "agent" }, "By agent"], [{ states: ["waiting"], group: "queue" }, "Waiting, By queue"]]) {
  test(`the button says “${words}”`, () => assert.equal(buttonWords({ ...PLAIN, ...change }), words));
}
