// The desk: holds the pieces together. What is shown follows from the board, what was asked for, and the connection.

import { PLAIN, read, write } from "./asked.js";
import { drawBar, drawTeams, drawTrouble } from "./bar.js";
import { NOTHING, sweep } from "./board.js";
import { byId, el, icon, set, text } from "./dom.js";
import { strainOf } from "./limits.js";
import { arrange, headsOf, hold, isHead, longestOf } from "./order.js";
import { absent, arrived, attempt } from "./parts.js";
import { Rows } from "./rows.js";
import { said, some, t } from "./say.js";
import { Stream } from "./stream.js";
import { callerOf, everMay, stateOf, whyNot } from "./words.js";

const HAND = 10000; // ms that a hand counts as being in the list after its last move
const asked = read(location.search);
const empties = document.querySelectorAll("[data-empty]");
let handAt = -Infinity, shown = [], heads = new Map(), fitting = new Set(), due = false;

// The list and its line are above; of these each can fail alone.
const together = (...modules) => Promise.all(modules).then((each) => Object.assign({}, ...each));
const files = await arrived({
  alarms: import("./alarms.js"), many: import("./all.js"), aloud: import("./aloud.js"), delays: import("./delays.js"), drawer: import("./drawer.js"),
  end: import("./end.js"), filter: import("./filter.js"), keys: together(import("./keys.js"), import("./keymap.js")), views: import("./named.js"),
  palette: together(import("./palette.js"), import("./wanted.js")), panels: import("./panels.js"), marks: import("./wish.js"),
  wishes: together(import("./transfer.js"), import("./announce.js"), import("./small.js")),
});
const form = (call, verb) => location.assign(`/calls/${call.id}/${verb}/`);

const delays = attempt("delays", () => new files.delays.Delays(), () => absent({ waiting: [] }));
const stream = new Stream({ board: { ...NOTHING }, told: later, over, came: (pairs) => attempt("delays", () => document.hidden || delays.came(pairs)),
  allowed: () => say(null, t`Your rights have changed: what you see, and the buttons, are those that you have now.`) });
const end = attempt("end", () => new files.end.End({ stale: () => stream.badge.stale, told: later, result: say }), () => absent({ open: (call) => form(call, "end"), pendingOf: () => null, drop: () => [] }));
const known = document.body.dataset.verbs.split(" ");
const hooks = { known, now: () => stream.now(), result: say, beside: (id) => drawer.id === id };
const KINDS = { transfer: "Transfer", announce: "Announce", redirect: "Redirect", add: "Bring", pull: "Bring", take_over: "Bring" };
const pops = {}; // by verb, those that were needed
const popOf = (verb) => (pops[verb] ??= attempt("wishes", () => new files.wishes[KINDS[verb] ?? "Small"]({ ...hooks, verb }), () => absent({ open: false, show: (call) => form(call, verb), drafts: new Map() })));
const noDrawer = () => absent({ open: false, id: null, call: null, show: (call) => location.assign(`/calls/${call.id}/`), verbs: absent() });
let drawer = attempt("drawer", () => new files.drawer.Drawer({ now: () => stream.now(), press, known, pending: (id) => end.pendingOf(id, "echo"), closed, strain: (call, now) => strainOf(call, rows.limits, now), failed: (id, sentence) => say(id, sentence, true) }), noDrawer);
const rows = new Rows(byId("rows"), pick, passed);
const filter = attempt("filter", () => new files.filter.Filter(askFor), absent);
const named = attempt("views", () => new files.views.Named({ asked: () => asked, asks: askFor, you: () => stream.board.you }), () => absent({ current: null, views: [] }));
const panels = attempt("panels", () => new files.panels.Panels((id) => stream.board.calls.has(id) && (pick(id), true)), absent);
const all = attempt("many", () => new files.many.All({
  known, shown: listed, callOf: (id) => stream.board.calls.get(id), you: () => stream.board.you, off: () => stream.badge.off, now: () => stream.now(),
  filter: () => ({ asked, team: asked.team === "null" ? t`No team` : stream.board.you?.teams[asked.team]?.name ?? "" }), result: say, told: later,
}), absent);
const alarms = attempt("alarms", () => new files.alarms.Alarms({ now: () => stream.now(), knows: (id) => stream.board.calls.has(id), open: pick, result: say }), () => absent({ title: (rest) => rest }));

// Draw ------------------------------------------------------------------------------------------------------------

/** Once per frame of the screen, whatever came meanwhile. */
function later() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; draw(); });
}

const bodyOf = (id) => stream.board.calls.get(id) ?? stream.board.ended.get(id)?.call ?? kept.get(id);
const kept = new Map(); // last bodies of rows that are held in place though the board has lost them

function draw() {
  const { board, badge } = stream;
  const handy = performance.now() - handAt < HAND;
  // Under a hand that rests in the list all day what was shown stays, and nothing else.
  stream.board = sweep(board, performance.now(), (id) => handy && kept.has(id));
  const now = stream.now(), wanted = arrange(stream.board, asked, (call) => strainOf(call, rows.limits, now)?.look);
  fitting = new Set(wanted);
  const { ids, waiting } = hold(shown.filter((id) => isHead(id) || bodyOf(id)), wanted, handy && !badge.stale);
  for (const id of ids) if (!isHead(id)) kept.set(id, bodyOf(id));
  const still = new Set(ids);
  for (const id of kept.keys()) if (!still.has(id)) kept.delete(id);
  // What this person may not see any more goes at once, hand or no hand.
  const mine = ids.filter((id) => isHead(id) || stream.board.calls.has(id) || stream.board.ended.has(id));
  heads = headsOf(mine, asked.group, bodyOf);
  shown = mine.filter((id) => !isHead(id) || heads.has(id));
  if (!badge.stale) {
    for (const id of end.drop((id) => board.calls.has(id))) {
      if (!board.ended.has(id)) say(id, t`Not ended: this call became part of another one, or is not yours any more.`, true);
    }
  }
  attempt("list", () => rows.draw(shown, (id) => heads.get(id) ?? bodyOf(id), (id) => end.pendingOf(id), stream.now()));
  attempt("drawer", () => drawer.open && drawer.update(bodyOf(drawer.id) ?? null, stream.board.you, badge.off, stream.board.alarms ?? []), loseDrawer);
  attempt("wishes", () => openPops().forEach((pop) => pop.update(bodyOf(pop.call.id) ?? null, stream.board.you, badge.off)));
  byId("changes").hidden = !waiting;
  text(byId("changes-count"), some(waiting, "{0} change", "{0} changes"));
  drawKeys();
  attempt("alarms", () => alarms.draw(badge.stale && !stream.done ? null : board.alarms, stream.board.you));
  drawBar(stream, badge, (rest) => attempt("alarms", () => alarms.title(rest), () => rest));
  drawTrouble(badge, stream.done);
  drawTeams(stream.board, asked, stream.now());
  attempt("panels", () => panels.draw());
  drawEmpty();
  attempt("many", () => { all.draw(); all.notice(board.calls.values()); });
  attempt("filter", () => filter.draw(asked, stream.board.calls.values()));
  attempt("aloud", () => aloud.hear(stream.board, drawer.id, performance.now()));
  if (delays.waiting.length) setTimeout(drawDelay); // by then it is on the screen
}

/** What it shows may be half of one call and half of another: better none. */
function loseDrawer() {
  drawer = noDrawer();
  byId("drawer").hidden = true;
  set(document.documentElement, "data-drawer", null);
}

function drawDelay() {
  delays.painted(stream.now());
  const { words, title } = files.delays.delayWords(delays.figures());
  text(byId("delay"), words);
  set(byId("delay"), "title", title || null);
}

/** Of the keys only those that this person can do something with, on some call. */
function drawKeys() {
  const { you } = stream.board;
  for (const part of document.querySelectorAll("[data-needs]")) part.hidden = !part.dataset.needs.split(" ").some((verb) => known.includes(verb) && everMay(you, verb));
}

function drawEmpty() {
  const { board } = stream;
  const state = stream.done ? stream.why : board.revision === null ? "loading" : shown.length ? "" : board.calls.size ? "filtered" : "quiet";
  for (const part of empties) part.hidden = part.dataset.empty !== state;
  byId("grid").hidden = state !== "";
}

// Say -------------------------------------------------------------------------------------------------------------

const aloud = attempt("aloud", () => new files.aloud.Aloud((words) => text(byId("live-words"), words === byId("live-words").textContent ? `${words}\u00a0` : words)), absent); // the same again is news as well

/** The row that the keyboard was on is gone, and it is on another one now. */
function passed(id, next) {
  const call = next && bodyOf(next);
  aloud.say(call ? t`that call is not in the list any more; you are on ${callerOf(call)}, ${stateOf(call).word}` : t`the list is empty`);
}

/** What is on the screen and live, and answers to what was asked for as it is now: a hand in the list keeps rows that do not any more. */
function listed() {
  return shown.filter((id) => fitting.has(id) && stream.board.calls.has(id));
}

/** The result of one's own deed: only what went wrong needs words, the rest is seen on the row. */
function say(id, sentence, failed) {
  const call = bodyOf(id);
  const note = el("p", { class: failed ? "toast is-bad" : "toast", role: "alert" }, icon(failed ? "attention" : "check"),
    el("span", {}, call ? el("b", {}, `${call.caller || t`Call`}: `) : "", sentence),
    el("button", { class: "icon", type: "button", "aria-label": t`Dismiss`, onclick: () => note.remove() }, icon("close")));
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 15000);
}

/** Nothing more comes. What is on the page of calls and people goes before anything else. */
function over(why) {
  stream.why = why;
  for (const [name, part] of [["end", end], ["many", all], ["views", named], ["panels", panels], ["alarms", alarms], ["aloud", aloud]]) attempt(name, () => part.forget());
  attempt("wishes", () => Object.values(pops).forEach((pop) => pop.forget()));
  attempt("drawer", () => drawer.open && drawer.close());
  byId("palette").close();
  byId("toasts").replaceChildren();
  if (why === "sign-in") location.assign("/sign-in/");
  later();
}

// Ask -------------------------------------------------------------------------------------------------------------

function pick(id) {
  const call = bodyOf(id);
  if (!call) return;
  for (const pop of openPops()) if (pop.call.id !== id) pop.close(); // it belongs to the call beside it
  rows.select(id);
  attempt("drawer", () => drawer.show(call), () => location.assign(`/calls/${id}/`));
  later();
}

function closed(focused) {
  for (const pop of openPops()) pop.close();
  rows.select(null);
  if (focused && rows.current) rows.move(rows.current, true);
  later();
}

const openPops = () => Object.values(pops).filter((pop) => pop.open);

/** By key: on the open call, else on the row that the keyboard is on, which is opened. Of several wishes the one that has a button. */
const wish = (verbs) => async () => {
  const call = drawer.open ? drawer.call : bodyOf(rows.current);
  if (!call || !verbs.some((verb) => known.includes(verb) && everMay(stream.board.you, verb))) return;
  const ends = verbs[0] === "end";
  if (!ends && !drawer.open) pick(call.id);
  if (!ends) await drawer.stands();
  if (!ends && drawer.id !== call.id) return; // somebody went on to another one meanwhile
  const verb = (!ends && drawer.verbs.first(verbs)) || verbs.at(-1);
  const why = whyNot(stream.board.you, verb, call, stream.badge.off, stream.now()) || (!ends && said(drawer.can?.[verb]));
  if (why) return say(call.id, why, true);
  return press(verb, call, ends ? null : drawer.verbs.button(verb));
};

function press(verb, call, button) {
  if (verb === "end") return attempt("end", () => end.open(call), () => form(call, verb));
  for (const pop of openPops()) pop.close();
  return attempt("wishes", () => popOf(verb).show(call, button), () => form(call, verb));
}

function apply() {
  handAt = -Infinity;
  later();
}

function askFor(change) {
  Object.assign(asked, change);
  const query = write(asked);
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
  showAsked();
  apply();
}

function showAsked() {
  for (const tab of document.querySelectorAll("[data-view]")) set(tab, "aria-current", tab.dataset.view === asked.view && !named.current ? "true" : null);
  attempt("views", () => named.draw());
  if (byId("find").value.trim() !== asked.text) byId("find").value = asked.text; // not under who types
  for (const head of document.querySelectorAll("[data-sort]")) {
    const lasts = head.dataset.sort === "since" || head.dataset.sort === "total"; // what began earlier has gone on for longer
    set(head.parentElement, "aria-sort", head.dataset.sort === asked.sort ? (asked.down !== lasts ? "descending" : "ascending") : null);
  }
}

const grid = byId("grid");
const hand = () => { handAt = performance.now(); };
grid.addEventListener("pointermove", (event) => event.pointerType === "mouse" && hand());
grid.addEventListener("pointerleave", () => { handAt = -Infinity; later(); });
grid.addEventListener("keydown", hand);
byId("changes").addEventListener("click", apply);
byId("find").addEventListener("input", (event) => askFor({ text: event.target.value.trim() }));
byId("teams").addEventListener("click", (event) => {
  const team = event.target.closest("[data-team]")?.dataset.team;
  if (team) askFor({ team: asked.team === team ? null : team });
});
for (const tab of document.querySelectorAll("[data-view]")) tab.addEventListener("click", () => askFor({ view: tab.dataset.view, states: [] }));
for (const head of document.querySelectorAll("[data-sort]")) {
  head.addEventListener("click", () => askFor({ sort: head.dataset.sort, down: asked.sort === head.dataset.sort ? !asked.down : head.dataset.sort === "total" }));
}
byId("clear").addEventListener("click", () => askFor({ ...PLAIN, sort: asked.sort, down: asked.down, group: asked.group }));
byId("try-now").addEventListener("click", () => stream.again(0));
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("help-close").addEventListener("click", () => byId("help").close());

const go = (step) => () => {
  hand();
  const id = rows.step(step);
  if (id && drawer.open) pick(id);
};
const goLongest = () => {
  const id = longestOf(stream.board.calls.values());
  if (!id) return say(null, t`Nobody is waiting.`);
  hand();
  if (!rows.goTo(id) || drawer.open) pick(id);
};
const goTo = (address) => () => location.assign(address);
const deeds = attempt("keys", () => ({
  next: go(1), previous: go(-1), open: () => rows.current && pick(rows.current), close: closeOne, find: () => byId("find").focus(), apply,
  undo: () => end.cancelLast(), all: () => all.open(), help: () => byId("help").showModal(), palette: () => palette.open(),
  ...Object.fromEntries(files.keys.DEEDS.filter((deed) => deed.verbs).map(({ name, verbs }) => [name, wish(verbs)])),
  alarms: () => alarms.focus(), longest: goLongest, view: () => named.open(),
  // Who has no link to it may not go there, or it is not there.
  ...Object.fromEntries(files.keys.DEEDS.filter(({ goes }) => goes && document.querySelector(`a[href="${goes}"]`)).map(({ name, goes }) => [name, goTo(goes)])),
}), () => ({}));

function closeOne() {
  const [pop] = openPops();
  if (pop) pop.close();
  else if (document.activeElement === byId("find")) document.activeElement.blur();
  else if (drawer.open) drawer.close();
}

const keys = attempt("keys", () => files.keys.myKeys(), () => new Map());
const palette = attempt("palette", () => {
  const wanted = new files.palette.Wanted({
    deeds, keys, drawer, calls: () => stream.board.calls.values(), pick, may: ({ needs }) => !needs || needs.some((verb) => known.includes(verb) && everMay(stream.board.you, verb)),
    press: (verb) => wish([verb])(), known, ever: (verb) => everMay(stream.board.you, verb), views: () => named.views, see: (view) => askFor(read(view.query)),
    transferTo(call, chosen) { popOf("transfer").drafts.set(call.id, { chosen }); this.press("transfer"); },
  });
  return new files.palette.Palette({ sources: () => wanted.sources(), more: (told) => wanted.more(told), missing: (typed) => wanted.missing(typed) });
}, absent);
attempt("keys", () => {
  files.keys.listen(keys, deeds);
  byId("help-keys").replaceChildren(...files.keys.sheet(keys, deeds));
  byId("hints").replaceChildren(...files.keys.hints(keys, deeds));
  files.keys.label(keys);
});
byId("prev").addEventListener("click", go(-1));
byId("next").addEventListener("click", go(1));

/** What is changed in the admin counts for the list within a minute. */
async function learnLimits() {
  if (stream.done || document.hidden) return;
  const { ok, body } = await attempt("marks", () => files.marks.ask("/desk/limits/"), () => ({}));
  if (ok) rows.limits = body;
}

// Begin -----------------------------------------------------------------------------------------------------------

showAsked();
setInterval(learnLimits, 60000);
addEventListener("visibilitychange", () => attempt("delays", () => delays.unseen()));
setInterval(later, 1000); // times go on, with or without news
// Coming back by the browser's back button must not bring back what was on the screen.
addEventListener("pageshow", (event) => event.persisted && location.reload());
if (document.body.dataset.watches === "yes") {
  stream.begin().then(learnLimits).then(() => attempt("views", () => named.begin())).then(showAsked);
  attempt("panels", () => panels.begin());
} else { stream.done = true; stream.why = "forbidden"; later(); }
