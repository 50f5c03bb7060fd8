// Says which part of the page has failed. On its own, and first: whatever else does not load or breaks, this tells of it.

import { faultWords, partOf } from "./faults.js";

const failed = new Set();

function tell(name) {
  if (!name || failed.has(name)) return;
  failed.add(name);
  const { what, rest } = faultWords(failed);
  document.getElementById("fault-what").textContent = what;
  document.getElementById("fault-rest").textContent = rest;
  document.getElementById("fault").hidden = false;
}

const told = (error, more = "") => `${error?.message ?? error ?? ""} ${error?.stack ?? ""} ${more}`;

// Not heard on the way down, only at the end: but of a script that is not there the event goes no further than to its element.
addEventListener("error", (event) => tell(partOf(told(event.error, event.target?.src ?? event.filename))), true);
addEventListener("unhandledrejection", (event) => tell(partOf(told(event.reason))));
addEventListener("fault", (event) => tell(event.detail)); // caught by parts.js, which knows whose it is
document.getElementById("fault-again").addEventListener("click", () => location.reload());
