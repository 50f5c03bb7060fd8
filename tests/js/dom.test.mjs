// Names come from strangers: what they hold is shown, and turns nothing around.

import assert from "node:assert/strict";
import test from "node:test";

import { visible } from "../../static/desk/dom.js";

for (const [name, given, shown] of [
  ["an ordinary name stays as it is", "Aleksandra Wójcik", "Aleksandra Wójcik"],
  ["Hebrew and Arabic names stay as they are", "דנה كريم", "דנה كريم"],
  ["what joins letters in Persian is no trick", "می\u200cخواهم", "می\u200cخواهم"],
  ["an override of direction is seen", "Ana\u202e0123", "Ana\ufffd0123"],
  ["so is an isolate, a mark, a zero width space", "a\u2066b\u200ec\u200b", "a\ufffdb\ufffdc\ufffd"],
  ["so are control characters", "a\u0000b\u001b[31m\n", "a\ufffdb\ufffd[31m\ufffd"],
]) {
  test(name, () => assert.equal(visible(given), shown));
}
