// A wish, from the first look to its answer: what there is to choose, what would happen, one key, one request.

import { said, t } from "./say.js";

const OVER = new Set(["failed", "refused", "abandoned"]); // as the server says it; nothing more comes of such a wish

/**
 * One opened dialog. The key stays the same while it may still become a wish, so that a second press is the same one: after no answer, and
 * after one that recorded nothing (changed, password, busy). A wish that is over has used its key up: the next press is another one.
 */
export class Wish {
  constructor(id, verb) {
    Object.assign(this, { id, verb, shape: "", key: newKey(), turn: 0 });
  }

  get url() { return `/calls/${this.id}/${this.verb}/`; }

  choices() { return ask(this.url); }

  /** What these fields would do; null if another question was asked meanwhile. */
  async plan(fields) {
    const turn = ++this.turn;
    const answer = await ask(`${this.url}plan/?${new URLSearchParams(fields)}`);
    if (turn !== this.turn) return null;
    if (answer.ok) {
      this.shape = answer.body.shape;
      this.key ||= answer.body.key;
    }
    return answer;
  }

  async send(fields) {
    const answer = await ask(this.url, { ...fields, shape: this.shape }, this.key);
    if (isOver(answer.body)) {
      answer.ok = false; // the second press of one that failed is answered 200, with what became of it
      if (answer.body.action) this.key = newKey();
    }
    return answer;
  }
}

// Where the page is not served securely there is none: then the next plan brings one.
export const newKey = () => globalThis.crypto.randomUUID?.() ?? "";
const isOver = (body) => OVER.has(body?.state);

/** GET, or POST with fields. Returns {ok, status, body, message}: every failure is a sentence, in the reader's language. */
export async function ask(url, fields, key) {
  const headers = { Accept: "application/json" };
  const options = { headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(20000) };
  if (fields) {
    headers["X-CSRFToken"] = document.querySelector("input[name=csrfmiddlewaretoken]").value;
    if (key) headers["Idempotency-Key"] = key;
    Object.assign(options, { method: "POST", body: new URLSearchParams(fields) });
  }
  try {
    const answer = await fetch(url, options);
    if (answer.redirected) location.assign("/sign-in/");
    const body = await answer.json().catch(() => null);
    const message = said(body?.message) ?? (answer.status === 404 ? t`This call is not there any more.` : t`The desk answered ${answer.status}.`);
    return { ok: answer.ok && body !== null, status: answer.status, body, message };
  } catch {
    const sent = fields ? t`It may have been sent: watch the legs.` : t`Nothing was sent.`;
    return { ok: false, status: 0, body: null, message: `${t`The desk cannot be reached.`} ${sent}` };
  }
}
