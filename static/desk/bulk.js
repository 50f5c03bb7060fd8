// The page of a wish on many calls.

import { byId, set } from "./dom.js";
import { draw, watch } from "./far.js";

const { bulk: id, over } = document.body.dataset;

function heard(told) {
  draw(told);
  if (byId("stop")) set(byId("stop"), "hidden", !told.runs);
}

if (over === "no") watch(id, heard);
