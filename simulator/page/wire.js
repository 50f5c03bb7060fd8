// What went over the wire: requests to the application, requests to the REST API, and what the debugger says of them.

import { clock, find, h, keyed, knock, short, text } from "./dom.js";
import { count } from "./network.js";

export function start(take, state) {
  find("only").addEventListener("change", () => draw(state));
}

export function draw(state) {
  find("only").parentElement.hidden = !state.hand;
  const sid = find("only").checked ? state.hand : null;
  show("webhooks", state.webhooks.filter(([, one]) => !sid || one.call === sid || one.subject === sid), webhookNode);
  show("asked", state.asked.filter(([, one]) => !sid || one.path.includes(sid)), askedNode);
  show("notes", state.notes.filter(([, one]) => !sid || one.subject === sid), noteNode);
  count("t-notes", state.notes.filter(([, note]) => !note.warning).length);
}

function show(id, entries, make) {
  const panel = find(id);
  panel.querySelector(".empty").hidden = entries.length > 0;
  const list = panel.querySelector(".list");
  // What somebody is reading stays, however much has come since.
  const kept = new Set(entries.map(([key]) => key));
  const read = [...(list.nodesByKey ?? [])].filter(([key, node]) => node.open && !kept.has(key));
  keyed(list, [...entries, ...read.map(([key, node]) => [key, node.view])], make);
}

const path = (url) => {
  try {
    const parts = new URL(url);
    return parts.pathname + parts.search + parts.hash;
  } catch {
    return url || "no URL";
  }
};

// Webhooks -----------------------------------------------------------------------------------------------------------
function webhookNode(token) {
  const summary = { at: h("time"), event: h("b"), whose: h("span", { class: "whose" }), path: h("span", { class: "path" }), faults: h("span", { class: "faults" }), took: h("span", { class: "took" }), status: h("span", { class: "status" }) };
  const body = h("div", { class: "opened" });
  const node = h("details", { class: "entry" }, h("summary", {}, ...Object.values(summary)), body);
  const load = async () => {
    if (!node.open) return;
    const [webhook] = (await knock(`/sim/webhooks?token=${token}`)).webhooks;
    if (webhook) body.replaceChildren(...opened(webhook));
  };
  node.addEventListener("toggle", load);
  node.show = (one) => {
    node.dataset.outcome = one.outcome;
    text(summary.at, clock(one.at));
    text(summary.event, one.event && one.event !== one.purpose ? `${words(one.purpose)}: ${one.event}` : words(one.purpose));
    text(summary.whose, [one.from && `${one.from} → ${one.to || "–"}`, one.decides?.join(" ")].filter(Boolean).join(" · "));
    text(summary.path, `${one.method} ${path(one.url)}`);
    text(summary.faults, one.faults.join(", "));
    text(summary.took, one.milliseconds == null ? "" : `${one.milliseconds} ms${one.attempts > 1 ? ` × ${one.attempts}` : ""}`);
    text(summary.status, one.status ? String(one.status) : one.outcome === "failed" ? "failed" : one.outcome);
    load();
  };
  return node;
}

const words = (purpose) => purpose.replaceAll("-", " ");

function opened(webhook) {
  return [
    pairs([["URL", webhook.url], ["X-Twilio-Signature", webhook.signature], ["I-Twilio-Idempotency-Token", webhook.token]]),
    h("h4", {}, "Attempts"),
    webhook.attempts.length
      ? h("ol", { class: "tries" }, ...webhook.attempts.map((one) => h("li", {}, `${clock(one.at)}: ${one.status ?? `no answer (${one.error})`}, after ${one.milliseconds} ms`)))
      : h("p", {}, webhook.outcome === "lost" ? "None: it was lost." : "Not yet."),
    h("h4", {}, "Parameters"),
    pairs(Object.entries(webhook.params)),
    h("h4", {}, "Answer"),
    h("pre", {}, webhook.answer || "(empty)"),
  ];
}

function pairs(entries) {
  return h("dl", {}, ...entries.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value || "–")]));
}

// REST and the debugger ----------------------------------------------------------------------------------------------
function askedNode() {
  const at = h("time"), what = h("span", { class: "path" }), fault = h("span", { class: "faults" }), status = h("span", { class: "status" });
  const fields = h("div", { class: "opened" });
  const node = h("details", { class: "entry" }, h("summary", {}, at, h("b", {}), what, fault, h("span"), status), fields);
  node.show = (one) => {
    node.dataset.outcome = one.status === null ? "lost" : one.status < 400 ? "delivered" : "refused";
    text(at, clock(one.at));
    text(node.querySelector("b"), one.method);
    text(what, one.path.split("/").slice(4).join("/") || one.path);
    text(fault, one.fault ? `${one.fault}${one.acted ? ", done" : ", not done"}` : "");
    text(status, one.status === null ? "no answer" : String(one.status));
    fields.replaceChildren(pairs([["path", one.path], ["code", one.code ? String(one.code) : ""], ...one.params]));
  };
  return node;
}

function noteNode() {
  const at = h("time"), code = h("b"), meaning = h("span"), detail = h("p", { class: "about" });
  const node = h("article", { class: "entry note" }, h("p", {}, at, code, meaning), detail);
  node.show = (note) => {
    node.dataset.outcome = note.warning ? "lost" : "failed";
    text(at, clock(note.at));
    text(code, note.code ? String(note.code) : "simulator");
    text(meaning, note.meaning);
    text(detail, [note.detail, note.url, short(note.subject)].filter(Boolean).join(" · "));
  };
  return node;
}
