// The keys as they are pressed and as they are shown; which there are is keymap.js's.

import { el, set } from "./dom.js";
import { DEEDS, GROUPS, keymap, meaning, pressed, waysOf } from "./keymap.js";
import { t } from "./say.js";

const SECOND = 1500; // ms within which the second of two keys comes

/** This person's keys, as the page was given them. */
export function myKeys() {
  const { keys, keysOff } = document.body.dataset;
  return keymap({ keys: JSON.parse(keys || "{}"), off: keysOff === "yes" });
}

/** `deeds`: what each name does, perhaps a promise. Never while somebody types, but for Ctrl-K and Esc.
 * Who presses T and types on at once types into the field that is about to open, and does nothing else with those letters. */
export function listen(map, deeds) {
  let before = "", at = 0, doing = null, typed = "";
  const done = () => { doing = null; enter(typed); };
  addEventListener("keydown", (event) => {
    const key = pressed(event);
    if (!key || key === "Shift" || event.defaultPrevented || event.isComposing) return;
    if (doing && isLetter(event) && !busy(event.target, key)) {
      typed += event.key;
      return event.preventDefault();
    }
    const { name, waits = "" } = meaning(map, key, performance.now() - at < SECOND ? before : "");
    [before, at] = [waits, performance.now()];
    if (!waits && !deeds[name]) return;
    if (busy(event.target, key)) { before = ""; return; }
    event.preventDefault();
    const begun = waits ? null : deeds[name]();
    if (!begun?.then) return;
    [doing, typed] = [begun, ""];
    begun.then(done, done);
  });
}

const isLetter = ({ key, ctrlKey, metaKey, altKey }) => key.length === 1 && !ctrlKey && !metaKey && !altKey;

function enter(letters) {
  const field = document.activeElement;
  if (!letters || !field?.matches("dialog :is(input, textarea)")) return;
  field.value += letters;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Somebody types here, a dialog has keys of its own, or Enter is the button's. What has just closed has the focus until it is drawn anew. */
function busy(target, key) {
  const dialog = target.closest?.("dialog");
  if (document.querySelector("dialog:modal") || dialog?.open) return true;
  if (dialog) return false;
  if (key === "Enter" && target.closest?.("button, a, summary")) return true;
  return Boolean(target.closest?.("input, textarea, select, [contenteditable]")) && key !== "Escape" && key !== "Ctrl-K";
}

const caps = (way) => way.map((cap) => el("kbd", {}, cap));
const needs = (deed) => ({ "data-needs": deed.needs?.join(" ") ?? null });

/** A list for each group, of what there is a key for. */
export function sheet(map, deeds) {
  const groups = Map.groupBy(listed(map, deeds), (deed) => deed.group);
  return [...groups].map(([group, list]) => el("section", {}, el("h3", {}, GROUPS[group]), el("dl", { class: "keylist" }, ...list.map((deed) =>
    el("div", needs(deed), el("dt", {}, ...either(waysOf(map, deed))), el("dd", {}, deed.words))))));
}

/** "J or ↓" */
function either(ways) {
  return ways.flatMap((way, place) => [...(place ? [` ${t`or`} `] : []), ...caps(way)]);
}

/** At the foot of the list: the few that one learns first. */
export function hints(map, deeds) {
  const help = ({ name }) => name === "help"; // says where the others are: that one has room in any case
  return listed(map, deeds).filter((deed) => deed.hint).sort((one, other) => help(other) - help(one)).map((deed) => el("span", needs(deed), ...caps(waysOf(map, deed)[0]), ` ${deed.hint}`));
}

const listed = (map, deeds) => DEEDS.filter((deed) => deeds[deed.name] && waysOf(map, deed).length);

/** A hint that stands on the page: <kbd data-key="find">. */
export function label(map, root = document) {
  for (const place of root.querySelectorAll("[data-key]")) {
    const [way] = waysOf(map, DEEDS.find(({ name }) => name === place.dataset.key));
    place.hidden = !way;
    if (way) place.textContent = way.join(" ");
    set(place, "aria-hidden", "true"); // the sheet tells of them
  }
}
