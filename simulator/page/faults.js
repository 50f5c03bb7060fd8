// What goes wrong on purpose: what is switched on now, and the switches.

import { act, clock, find, h, keyed, knock, text } from "./dom.js";
import { count } from "./network.js";

const CHANCES = { lost: "lost", late: "late", doubled: "doubled", reordered: "out of order" };
const ANSWERS = ["503", "500", "502", "429", "404", "400", "401", "403", "409", "201", "204"];
const DEEDS = {
  reset_before: "reset, not done", reset_after: "reset, yet done", silent_before: "silence, not done", silent_after: "silence, yet done",
  not_applied: "200, yet not done", late: "late", drip: "a byte at a time", cut: "half an answer",
};
const METHODS = { "*": "any method", GET: "GET", POST: "POST", DELETE: "DELETE" };
const AWAY = { all: "everything", webhooks: "webhooks", callbacks: "status callbacks", rest: "the REST API" };
const parts = {};
let now;

const set = (what) => knock("/sim/faults", what);
const options = (words) => Object.entries(words).map(([value, word]) => h("option", { value }, word));
const plain = (form) => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== "").map(([name, value]) => [name, ["times", "seconds", "after"].includes(name) ? Number(value) : value]));
const input = (name, words, more = {}) => h("input", { name, "aria-label": words, placeholder: words, autocomplete: "off", ...more });
const figure = (name, words, more = {}) => input(name, words, { type: "number", min: 0, class: "figure", ...more });

export function start() {
  parts.chances = Object.entries(CHANCES).map(([name, word]) => chance(name, word));
  parts.rules = list();
  parts.rest = list();
  parts.outages = list();
  parts.skew = figure("skew", "seconds fast (less than 0: slow)", { required: true, min: -1e6, step: "any" });
  find("faults").append(
    h("p", { class: "line spread" }, parts.sum = h("span", { role: "status" }), h("button", { type: "button", onclick: act(() => set({})) }, "All off")),
    section("Status callbacks, by chance", ...parts.chances.map((one) => one.node)),
    section("Status callbacks, by rule", parts.rules.node, form("Add rule", (rule) => set({ callbacks: { rules: [...now.callbacks.rules, rule] } }),
      h("select", { name: "what", "aria-label": "becomes" }, ...options(CHANCES)),
      input("event", "event: completed"), input("call", "call: +1415*"), input("url", "address: /status/*"), figure("times", "times"), figure("seconds", "seconds"))),
    section("REST requests", parts.rest.node, form("Add rule", (rule) => set({ rest: [...now.rest, rule] }),
      h("select", { name: "what", "aria-label": "becomes" }, ...ANSWERS.map((code) => h("option", {}, code)), ...options(DEEDS)),
      h("select", { name: "method", "aria-label": "method" }, ...options(METHODS)),
      input("path", "path: Calls/*"), figure("times", "times"), figure("seconds", "seconds"))),
    section("An outage", parts.outages.node, form("Begin", (outage) => set({ outages: [...now.outages, outage] }),
      h("select", { name: "what", "aria-label": "of" }, ...options(AWAY)), figure("seconds", "lasts seconds"), figure("after", "after seconds")),
      h("p", { class: "hint" }, "Simulated seconds. Without an end it lasts until it is taken out.")),
    section("Twilio’s clock", h("form", { class: "line", onsubmit: act(() => set({ clock_skew: Number(parts.skew.value) })) }, parts.skew, h("span", {}, "seconds fast"), h("button", {}, "Set")),
      h("p", { class: "hint" }, "Below 0 it is slow: Timestamps, dates of REST and its Date header.")),
  );
}

export function draw(state) {
  if (!state.switches.length || now === state.switches[0][1].faults) return;
  now = state.switches[0][1].faults;
  const chances = parts.chances.map((one) => one.show(now.callbacks[one.name]));
  parts.rules.show(now.callbacks.rules, (rule) => ruleWords(rule, ["event", "call", "url"]), (rules) => set({ callbacks: { rules } }));
  parts.rest.show(now.rest, (rule) => ruleWords(rule, ["method", "path"]), (rest) => set({ rest }));
  parts.outages.show(now.outages, outageWords, (outages) => set({ outages }));
  if (document.activeElement !== parts.skew) parts.skew.value = now.clock_skew;
  const on = chances.filter(Boolean).length + now.callbacks.rules.length + now.rest.length + now.outages.length + (now.clock_skew ? 1 : 0);
  count("t-faults", on);
  text(parts.sum, on ? `${on} switched on` : "All is well.");
  find("n-faults").hidden = !on;
  text(find("n-faults"), on === 1 ? "1 fault on" : `${on} faults on`);
}

const section = (title, ...children) => h("section", { class: "switches", "aria-label": title }, h("h3", {}, title), ...children);

function form(word, send, ...fields) {
  const node = h("form", { class: "fields" }, ...fields, h("button", {}, word));
  node.addEventListener("submit", act(async () => {
    await send(plain(node));
    node.reset();
  }));
  return node;
}

function chance(name, word) {
  const share = h("output");
  const slider = h("input", { type: "range", min: 0, max: 100, step: 5, "aria-label": word, onchange: act(() => set({ callbacks: { [name]: Number(slider.value) / 100 } })), oninput: () => text(share, `${slider.value} %`) });
  const node = h("label", { class: "slider" }, h("span", {}, word), slider, share);
  const show = (value) => {
    if (document.activeElement !== slider || Number(slider.value) !== Math.round(value * 100)) slider.value = Math.round(value * 100);
    text(share, `${Math.round(value * 1000) / 10} %`);
    return value;
  };
  return { name, node, show };
}

/** What is switched on, each with a button that takes it out. */
function list() {
  const node = h("ul", { class: "on" });
  const show = (all, words, keep) => node.replaceChildren(...all.map((one, place) => h("li", { class: one.times === 0 ? "spent" : false }, words(one),
    h("button", { type: "button", "aria-label": `Take out: ${words(one)}`, onclick: act(() => keep(all.filter((_, other) => other !== place))) }, "×"))));
  return { node, show };
}

function ruleWords(rule, names) {
  const which = names.filter((name) => rule[name] !== "*").map((name) => rule[name]);
  const more = [rule.seconds != null && `${rule.seconds} s`, rule.chance < 1 && `${Math.round(rule.chance * 100)} %`, rule.times != null && (rule.times ? `${rule.times} to go` : "spent")];
  return [`${(rule.path ? DEEDS : CHANCES)[rule.what] ?? rule.what}: ${which.join(" ") || "all"}`, ...more.filter(Boolean)].join(" · ");
}

const outageWords = (outage) => `${AWAY[outage.what]} away from ${clock(outage.begins)} ${outage.ends ? `to ${clock(outage.ends)}` : "until ended"}`;
