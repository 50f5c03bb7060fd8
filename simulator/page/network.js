// Calls with their legs, rooms and queues: what the network would see.

import { find, h, keyed, lasting, refreshed, showLasting, text } from "./dom.js";

const ENDS = { completed: "Completed", busy: "Busy", failed: "Failed", "no-answer": "No answer", canceled: "Canceled" };
const BAND = { band: "Just ended" };
let take;
let moved = 0;

export function start(takeInHand) {
  take = takeInHand;
  const list = find("calls").querySelector(".list");
  list.addEventListener("pointermove", () => (moved = performance.now()));
  list.addEventListener("keydown", walk);
  list.addEventListener("click", (event) => event.target.closest(".leg") && take(event.target.closest(".leg").dataset.sid));
}

export function draw(state) {
  if (!state.switches.length) return;
  drawCalls(state);
  const open = state.rooms.filter(([, room]) => room.status !== "completed").length;
  const waiting = state.queues.reduce((sum, [, queue]) => sum + queue.people.length, 0);
  text(find("n-rooms"), String(open));
  text(find("n-queued"), String(waiting));
  count("t-rooms", open);
  count("t-queues", waiting);
  show("rooms", state.rooms, roomNode);
  show("queues", state.queues, queueNode);
}

function show(id, entries, make) {
  const panel = find(id);
  panel.firstElementChild.hidden = entries.length > 0;
  keyed(panel.querySelector(".list"), entries, make);
}

export function count(id, figure) {
  text(find(id).querySelector("b"), figure ? String(figure) : "");
}

/** What a leg is doing, as a kind (for its glyph) and a word. */
export function stateOf(call) {
  if (call.over) return { kind: call.status === "completed" ? "over" : "missed", word: ENDS[call.status] };
  if (call.by_hand) return { kind: "bell", word: "Rings for you" };
  if (call.status === "ringing") return { kind: "ring", word: "Ringing" };
  if (call.status !== "in-progress") return { kind: "dial", word: call.status === "queued" ? "Queued" : "Dialling" };
  if (call.held) return { kind: "hold", word: "On hold" };
  if (call.talks) return { kind: "talk", word: "Talking" };
  if (call.queue) return { kind: "wait", word: "In queue" };
  if (call.room) return { kind: "wait", word: "In room" };
  if (call.dials.length) return { kind: "dial", word: "Hears ringing" };
  if (call.listens_for.length) return { kind: "ask", word: "Is asked" };
  return { kind: "hear", word: "Listens" };
}

// Calls --------------------------------------------------------------------------------------------------------------
/** Whole calls, the youngest first: a leg, then the legs that were made for it; those with a live leg before the others, of these the last to end first. */
function trees(calls) {
  const known = new Map(calls);
  const children = new Map();
  const top = [];
  for (const [sid, call] of calls) {
    if (known.has(call.parent)) children.set(call.parent, [[sid, call], ...(children.get(call.parent) ?? [])]);
    else top.push([sid, call]);
  }
  const family = (leg) => [leg, ...(children.get(leg[0]) ?? []).flatMap(family)];
  const all = top.map(family);
  const live = all.filter((legs) => legs.some(([, call]) => !call.over));
  const end = (legs) => Math.max(...legs.map(([, call]) => Date.parse(call.ended)));
  const ended = all.filter((legs) => !live.includes(legs)).sort((one, two) => end(two) - end(one));
  return [...live.flat(), ...(ended.length ? [["band", BAND]] : []), ...ended.flat()];
}

let drawn = null, chosen = null;
function drawCalls(state) {
  if (drawn === state.calls && chosen === state.hand) return;
  const list = find("calls").querySelector(".list");
  // Nothing moves under a hand that is about to click.
  const held = list.matches(":hover") && performance.now() - moved < 1500 && state.calls.length > 12;
  if (held) {
    refreshed(list, state.calls);
  } else {
    drawn = state.calls;
    count("t-calls", state.calls.filter(([, call]) => !call.over && !call.parent).length);
    find("calls").firstElementChild.hidden = state.calls.length > 0;
    keyed(list, trees(state.calls), (key) => (key === "band" ? band() : legNode(key)));
  }
  if (chosen !== state.hand || !list.querySelector("[tabindex='0']")) {
    list.nodesByKey?.get(chosen)?.removeAttribute("aria-current");
    list.nodesByKey?.get(state.hand)?.setAttribute("aria-current", "true");
    chosen = list.nodesByKey?.has(state.hand) || !state.hand ? state.hand : chosen;
    reachable(list, list.nodesByKey?.get(state.hand) ?? list.querySelector(".leg"));
  }
}

function band() {
  const node = h("p", { class: "band" });
  node.show = (view) => text(node, view.band);
  return node;
}

function legNode(sid) {
  const glyph = h("i", { class: "glyph", "aria-hidden": "true" }), word = h("span", { class: "word" }), time = h("span", { class: "time" });
  const from = h("b"), to = h("b"), says = h("span", { class: "says" });
  const node = h("button", { class: "leg", "data-sid": sid, tabindex: "-1", type: "button" },
    glyph, word, time, h("span", { class: "who" }, from, h("span", { class: "to" }, " → "), to), says);
  node.show = (call) => {
    const { kind, word: state } = stateOf(call);
    node.dataset.state = kind;
    node.classList.toggle("child", Boolean(call.parent));
    node.classList.toggle("over", call.over);
    text(word, state);
    showLasting(time, call.since, call.ended);
    text(from, call.from);
    text(to, call.to || "–");
    text(says, doing(call));
  };
  return node;
}

function doing(call) {
  if (call.over) return call.ended_by ? `ended by ${call.ended_by}` : "";
  if (call.dials.length) return `Dials ${call.dials.join(", ")}`;
  const where = call.room ? `in ${call.room}${call.muted ? ", muted" : ""}` : call.queue ? `waits in ${call.queue}` : "";
  return where || (call.status === "in-progress" && !call.talks && call.hears ? `hears “${call.hears}”` : "");
}

function reachable(list, node) {
  list.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
  node?.setAttribute("tabindex", "0");
}

function walk(event) {
  const legs = [...event.currentTarget.querySelectorAll(".leg")];
  const here = legs.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: legs.length - 1 }[event.key];
  if (next === undefined || !legs[next]) return;
  event.preventDefault();
  reachable(event.currentTarget, legs[next]);
  legs[next].focus();
}

// Rooms and queues ---------------------------------------------------------------------------------------------------
function group(show) {
  const name = h("h3"), about = h("p", { class: "about" }), people = h("ul");
  const node = h("article", { class: "group" }, name, about, people);
  node.show = (view) => show(view, name, about, people);
  return node;
}

const person = (one, ...words) => h("li", {}, h("button", { type: "button", onclick: () => take(one.call) }, one.who), ...words);

function roomNode() {
  return group((room, name, about, people) => {
    text(name, room.name);
    const ended = room.reason ? `: ${room.reason.replaceAll("-", " ")}` : "";
    text(about, `${room.status}${ended}${room.recorded ? ", recorded" : ""}`);
    people.replaceChildren(...room.people.map((one) => person(one, [
      "", one.label, one.status, one.held && "on hold", one.muted && "muted", one.coaches && "coaches",
    ].filter((word, place) => place === 0 || word).join(" · "))));
  });
}

function queueNode() {
  return group((queue, name, about, people) => {
    text(name, queue.name);
    text(about, `${queue.people.length} waiting, average wait so far ${queue.average} s`);
    people.replaceChildren(...queue.people.map((one) => person(one, " · ", h("span", { class: "time", "data-since": one.since }, lasting(one.since)))));
  });
}
