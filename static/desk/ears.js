// Draws who hears whom: a box each, wires between them, an arrow where somebody is heard. The sentences stand beneath it.

import { svg, visible } from "./dom.js";
import { markWord, wires } from "./hearing.js";

const WIDE = 360, HIGH = 30, GAP = 34, DEEP = 15;

export function ears(heard) {
  const { people } = heard, count = people.length, box = Math.min(104, (WIDE - (count - 1) * GAP) / count);
  const left = (place) => place * (box + GAP), right = (place) => left(place) + box, middle = (place) => left(place) + box / 2;
  const drawn = wires(heard), far = drawn.filter(({ from, to }) => to - from > 1);
  const parts = drawn.map((wire) => (wire.to - wire.from > 1 ? arc(wire, people, middle, far.indexOf(wire)) : straight(wire, people, right, left)));
  people.forEach((one, place) => parts.push(person(one, left(place), box)));
  const high = HIGH + 4 + (far.length ? 8 + DEEP * far.length : 0);
  return svg("svg", { class: "hears", viewBox: `-2 0 ${WIDE + 4} ${high}`, "aria-hidden": "true" }, svg("defs", {}, arrow("talks"), arrow("quiet")), ...parts);
}

function person(one, x, box) {
  const look = one.role === "supervisor" ? `node you ${one.mark}` : `node ${one.mark}`, mark = markWord(one);
  const name = visible(one.name).slice(0, Math.floor((box - 22) / 6.2));
  return svg("g", { class: look }, svg("rect", { x, y: 1, width: box, height: HIGH, rx: 5 }),
    svg("text", { class: "letter", x: x + 11, y: mark ? 13 : 20 }, one.letter), svg("text", { x: x + 20 + (box - 20) / 2, y: mark ? 13 : 20 }, name),
    mark && svg("text", { class: "role", x: x + box / 2, y: 26 }, mark));
}

const quiet = (wire, people) => [people[wire.from], people[wire.to]].some((one) => one.mark === "listening");
const lookOf = (wire, people) => (wire.way === "none" ? "wire cut" : quiet(wire, people) ? "wire quiet" : "wire");

function ends(wire, people) {
  const head = `url(#a-${quiet(wire, people) ? "quiet" : "talks"})`;
  return { "marker-end": ["both", "right"].includes(wire.way) ? head : null, "marker-start": ["both", "left"].includes(wire.way) ? head : null };
}

function straight(wire, people, right, left) {
  const a = right(wire.from) + 2, b = left(wire.to) - 2, y = 1 + HIGH / 2;
  const line = svg("path", { class: lookOf(wire, people), d: `M${a} ${y}H${b}`, ...ends(wire, people) });
  if (wire.way !== "none") return line;
  const x = (a + b) / 2; // two strokes: nothing gets through
  return svg("g", {}, line, svg("path", { class: "stop", d: `M${x - 2.5} ${y - 5}v10M${x + 2.5} ${y - 5}v10` }));
}

/** Around those who sit between: under the boxes, each wire on a line of its own. */
function arc(wire, people, middle, place) {
  const shift = (place - 1) * 7, a = middle(wire.from) + shift + 6, b = middle(wire.to) + shift - 6, y = HIGH + 3, deep = y + 8 + place * DEEP;
  return svg("path", { class: lookOf(wire, people), d: `M${a} ${y}V${deep - 4}q0 4 4 4H${b - 4}q4 0 4 -4V${y}`, ...ends(wire, people) });
}

function arrow(name) {
  return svg("marker", { id: `a-${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
    svg("path", { class: `head ${name}`, d: "M1 1l6 3-6 3z" }));
}
