// What Twilio says of a call is written under that call, or nowhere.

import assert from "node:assert/strict";
import test from "node:test";

import { asking } from "../../static/desk/verbs.js";

const thing = () => ({ said: [], disabled: false, append() {}, setAttribute() {}, getAttribute: () => null, replaceChildren(...words) { this.said = words; } });
globalThis.document = { createElementNS: thing };

/** A press while call "a" is open; `meanwhile(place, open)` says which one is open when the answer comes. Returns what stands there afterwards. */
async function verified(meanwhile) {
  const button = thing(), place = thing(), asked = [];
  let open = "a", press, answer;
  button.addEventListener = (_, does) => { press = does; };
  asking(button, place, () => open, (id) => { asked.push(id); return new Promise((come) => { answer = come; }); });
  const pressed = press();
  assert.deepEqual([place.said, button.disabled], [["Asking Twilio …"], true]);
  open = meanwhile(place, open);
  answer({ ok: true, message: "2 legs live." });
  await pressed;
  return { said: place.said.at(-1), disabled: button.disabled, asked };
}

test("the answer stands under the call that was asked about", async () => {
  assert.deepEqual(await verified((_, open) => open), { said: "2 legs live.", disabled: false, asked: ["a"] });
});

for (const [name, now] of [["another call is open", "b"], ["the drawer is closed", null]]) {
  test(`${name} by then: nothing is written`, async () => {
    const { said, asked } = await verified((place) => { place.replaceChildren(); return now; });
    assert.deepEqual([said, asked], [undefined, ["a"]]);
  });
}
