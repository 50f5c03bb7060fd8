// Asks for the figures every five seconds, and knows how old they are.

const EVERY = 5000; // ms
export const OLD = 15000; // ms without an answer

/** `told(figures)` when they have changed; `why` is "", "gone" (nobody may look any more) or "sign-in". */
export class Look {
  constructor(address, told) {
    Object.assign(this, { address, told, heardAt: null, offset: 0, why: "", etag: "", timer: 0 });
  }

  get age() { return this.heardAt === null ? Infinity : performance.now() - this.heardAt; }
  get old() { return this.age > OLD; }

  /** ms, by the server's clock. */
  now() { return performance.now() + this.offset; }

  begin() {
    this.ask();
    // Back on the screen after a while: at once.
    document.addEventListener("visibilitychange", () => !document.hidden && !this.why && this.ask());
  }

  stop(why) {
    clearTimeout(this.timer);
    this.why = why;
    this.told(null);
  }

  async ask() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), EVERY);
    if (document.hidden) return;
    try {
      const answer = await fetch(this.address, { headers: this.etag ? { "If-None-Match": this.etag } : {}, cache: "no-store" });
      if (this.why) return;
      if (answer.status === 401 || answer.redirected) return this.stop("sign-in");
      if ([403, 404].includes(answer.status)) return this.stop("gone");
      if (!answer.ok && answer.status !== 304) return;
      const figures = answer.status === 304 ? null : await answer.json();
      this.heardAt = performance.now();
      this.offset = Date.parse(answer.headers.get("X-Desk-Now")) - this.heardAt;
      this.etag = answer.headers.get("ETag");
      if (figures && !this.why) this.told(figures);
    } catch { /* the next look is soon, and how old the figures are is shown */ }
  }
}
