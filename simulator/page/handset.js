// The telephone: who I am in a call, and what I do there.

import { act, find, h, keyed, knock, showLasting, text, toast } from "./dom.js";
import { stateOf } from "./network.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
let take;

const who = (call) => (call.direction === "inbound" ? call.from : call.to);
const other = (call) => (call.direction === "inbound" ? call.to : call.from);
const mineOf = (state) => state.switches[0][1].rules.filter((rule) => rule.answer === "by-hand");

export function start(takeInHand, state) {
  take = takeInHand;
  find("ring").addEventListener("submit", act(ring));
  find("mine").addEventListener("submit", act(() => addMine(find("mine").elements.who, state)));
  find("traffic").addEventListener("submit", act(setTraffic));
  document.addEventListener("keydown", (event) => pressed(event, state));
  build();
  act(personas)();
}

export function draw(state) {
  if (!state.switches.length) return;
  const settings = state.switches[0][1];
  numbers(settings.numbers);
  const rate = find("traffic").elements.rate;
  if (document.activeElement !== rate && rate.view !== settings.traffic) {
    rate.view = settings.traffic;
    rate.value = settings.traffic.calls_per_minute;
  }
  keyed(find("mine-list"), mineOf(state).map((rule) => [rule.who, rule]), (address) => chip(address, state));
  keyed(find("bells"), state.calls.filter(([, call]) => call.by_hand), bell);
  inHand(state);
}

// Ringing somebody ---------------------------------------------------------------------------------------------------
async function ring() {
  const { from, to, persona, digits, says, talks } = find("ring").elements;
  const asked = { from: from.value.trim(), to: to.value };
  if (persona.value) asked.persona = persona.value;
  if (digits.value.trim()) asked.digits = digits.value.trim().split(/[\s,]+/);
  if (says.value.trim()) asked.says = [says.value.trim()];
  if (talks.value) asked.talks = Number(talks.value);
  take((await knock("/sim/calls", asked)).sid);
}

/** Kinds of people that one can be, for a call in which one does nothing oneself. */
async function personas() {
  const known = await knock("/sim/personas");
  find("ring").elements.persona.append(...Object.entries(known).map(([name, about]) => h("option", { value: name, title: about }, name)));
}

function numbers(list) {
  const select = find("ring").elements.to;
  if (select.view === list) return;
  select.view = list;
  const chosen = select.value;
  select.replaceChildren(...list.map((one) => h("option", { value: one.number }, one.name && one.name !== one.number ? `${one.name} ${one.number}` : one.number)));
  if (list.some((one) => one.number === chosen)) select.value = chosen;
  find("ring").querySelector("button").disabled = !list.length;
}

async function setTraffic() {
  await knock("/sim/traffic", { calls_per_minute: Number(find("traffic").elements.rate.value) });
}

// Being rung ---------------------------------------------------------------------------------------------------------
async function addMine(input) {
  await knock("/sim/behaviour", { add: { who: input.value.trim(), answer: "by-hand" } });
  input.value = "";
}

function chip(address) {
  const drop = async () => {
    const { rules } = await knock("/sim/behaviour");
    await knock("/sim/behaviour", { rules: rules.filter((rule) => rule.who !== address || rule.answer !== "by-hand") });
  };
  const node = h("li", {}, address, h("button", { type: "button", "aria-label": `Leave ${address} to themselves`, onclick: act(drop) }, "×"));
  node.show = () => {};
  return node;
}

function bell(sid) {
  const words = h("p"), caller = h("span"), time = h("span", { class: "time" });
  const answer = act(async () => {
    await knock(`/sim/calls/${sid}/answer`, {});
    take(sid);
  });
  const decline = act(() => knock(`/sim/calls/${sid}/decline`, {}));
  const node = h("section", { class: "card bell", "aria-label": "It rings" }, words,
    h("button", { class: "good", onclick: answer }, "Answer"), h("button", { class: "bad", onclick: decline }, "Decline"));
  node.show = (call) => {
    words.replaceChildren(h("b", {}, call.to), " rings", h("br"), caller, " ", time);
    text(caller, call.from);
    showLasting(time, call.since);
  };
  return node;
}

// The leg in hand ----------------------------------------------------------------------------------------------------
const hand = {};

function build() {
  const sid = () => hand.sid;
  hand.name = h("h2");
  hand.about = h("p", { class: "about" });
  hand.state = h("span", { class: "word" });
  hand.time = h("span", { class: "time" });
  hand.hint = h("p", { class: "hint", "aria-live": "polite" });
  hand.pad = h("div", { class: "pad", role: "group", "aria-label": "Keys" },
    ...KEYS.map((key) => h("button", { type: "button", "aria-label": `press ${key}`, onclick: act(() => press(key)) }, key)));
  hand.words = h("input", { name: "words", "aria-label": "What I say", placeholder: "I say …", maxlength: 500, autocomplete: "off" });
  hand.say = h("form", { class: "line", onsubmit: act(say) }, hand.words, h("button", {}, "Say"));
  hand.off = h("button", { type: "button", class: "bad wide", onclick: act(() => knock(`/sim/calls/${sid()}/hangup`, {})) }, "Hang up");
  hand.log = h("ol", { class: "talk", "aria-label": "What was heard and said" });
  hand.sidLine = h("code", { class: "sid" });
  hand.whole = h("div", { hidden: true }, hand.name, hand.about, h("p", { class: "state" }, hand.state, hand.time),
    hand.hint, hand.pad, hand.say, hand.off, hand.log, hand.sidLine);
  hand.none = h("p", { class: "empty" }, "No leg in hand. Ring a number, answer one that rings, or choose a leg from the list.");
  find("hand").append(hand.none, hand.whole);
}

function inHand(state) {
  const call = state.calls.find(([sid]) => sid === state.hand)?.[1];
  // Just rung, it may not have been looked at yet.
  if (state.hand === hand.sid && call === hand.view) return;
  const another = state.hand !== hand.sid;
  if (another) hand.log.replaceChildren();
  [hand.sid, hand.view] = [state.hand, call];
  hand.none.hidden = Boolean(call);
  hand.whole.hidden = !call;
  if (!call) return;
  const { kind, word } = stateOf(call);
  find("hand").dataset.state = kind;
  text(hand.name, who(call));
  text(hand.about, call.direction === "inbound" ? `calls ${other(call)}` : `is called by ${other(call)}`);
  text(hand.state, word);
  showLasting(hand.time, call.since, call.ended);
  text(hand.hint, hint(call));
  for (const node of [hand.pad, hand.say, hand.off]) node.hidden = call.over || call.by_hand;
  text(hand.sidLine, state.hand);
  if (another || hand.heard !== call.words) read(state.hand, call.words);
}

function hint(call) {
  if (call.over) return `It is over${call.ended_by ? `, by ${call.ended_by}` : ""}.`;
  const keys = call.listens_for.includes("Digits"), words = call.listens_for.includes("SpeechResult");
  if (keys && words) return "The application waits for keys, or for words.";
  if (keys) return "The application waits for keys.";
  if (words) return "The application waits for words.";
  return call.talks ? "Somebody is on the other end." : "";
}

async function read(sid, words) {
  hand.heard = words;
  const call = await knock(`/sim/calls/${sid}`);
  if (sid !== hand.sid) return;
  const both = [...call.heard.map((one) => ({ ...one, mine: false })), ...call.said.map((one) => ({ ...one, mine: true }))];
  both.sort((one, two) => (one.at < two.at ? -1 : 1));
  const last = both.slice(-30);
  hand.log.replaceChildren(...last.map((one) => h("li", { class: one.mine ? "mine" : "theirs" },
    h("small", {}, one.mine ? "I said" : one.verb), one.text ?? "")));
  hand.log.scrollTop = hand.log.scrollHeight;
}

async function press(key) {
  const { heard } = await knock(`/sim/calls/${hand.sid}/digits`, { digits: key });
  if (!heard) toast(`Nobody was listening when ${key} was pressed.`);
}

async function say() {
  const words = hand.words.value.trim();
  if (!words) return;
  await knock(`/sim/calls/${hand.sid}/digits`, { speech: words });
  hand.words.value = "";
}

function pressed(event, state) {
  const free = !event.target.closest("input, select, textarea") && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (free && KEYS.includes(event.key) && hand.view && !hand.pad.hidden) act(() => press(event.key))(event);
  if (event.key === "Escape" && state.hand) take(null);
}
