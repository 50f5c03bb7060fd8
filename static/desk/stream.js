// The line to the server: the snapshot by GET, changes by one socket. What a message means is decided in board.js.

import { hear, start, wiped } from "./board.js";
import { DEAD, HEARTBEAT, afterClose, judge, triesAfter, wait } from "./link.js";

const ACK_EVERY = 500, ACK_MESSAGES = 64, ACK_BYTES = 128 * 1024; // whichever comes first: the server sends 512 KB ahead, and no more
const LOOK = 250; // ms between two looks at the connection

/** `told(board)` is called whenever the board or the connection may look different. `over(why)`: nothing more comes.
 * `came(pairs)`: calls as they were and as they are, of a frame that came as soon as it was there. `allowed()`: one's rights are others now. */
export class Stream {
  constructor({ board, told, over, came = () => {}, allowed = () => {} }) {
    Object.assign(this, { board, told, over, came, allowed });
    this.link = { open: false, synced: false, heardAt: 0, newsAt: 0, offline: !navigator.onLine, tries: 0, retryAt: 0 };
    this.offset = Date.now() - performance.now(); // server's clock minus the page's own, ms
    this.pictureAt = -Infinity;
    this.reloads = 0; // since the board was last known to have no holes
    this.etag = "";
    this.socket = null;
    addEventListener("online", () => { this.link.offline = false; this.again(0); });
    addEventListener("offline", () => { this.link.offline = true; this.told(this.board); });
    setInterval(() => this.watch(), LOOK);
  }

  /** The server's time now, ms; counted by a clock that nobody sets meanwhile. */
  now() { return performance.now() + this.offset; }

  get badge() { return judge(this.link, this.board, performance.now()); }

  async begin() {
    if (await this.fetchBoard()) this.connect();
  }

  // The picture -----------------------------------------------------------------------------------------------------

  /** The board anew; false if that failed, and then a later try is under way. */
  async fetchBoard() {
    let answer, { picture } = this; // a frame that comes meanwhile forgets it
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      answer = await fetch("/desk/board/", { headers, cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(10000) });
    } catch {
      return this.fail();
    }
    if (answer.status === 401 || answer.redirected) return this.end("sign-in");
    if (answer.status === 403) return this.end("forbidden");
    if (answer.status !== 304 && !answer.ok) return this.fail();
    this.setClock(answer.headers.get("X-Desk-Now"));
    this.pictureAt = this.link.newsAt = performance.now();
    if (answer.status === 200) {
      this.etag = answer.headers.get("ETag") ?? "";
      picture = this.picture = await answer.json();
    }
    // 304: the server's picture is the one that it gave us last, and ours, if it is another one, has lost its way.
    this.board = start(this.board, picture, answer.headers.get("X-Desk-Rights") ?? this.board.rights);
    this.told(this.board);
    return true;
  }

  async reload() {
    if (this.reloading) return;
    this.reloading = true;
    this.link.synced = false;
    // The first at once; a server that says nothing but "reload" is asked ever less often.
    if (this.reloads) await new Promise((resume) => setTimeout(resume, wait(this.reloads)));
    this.reloads += 1;
    const done = await this.fetchBoard();
    this.reloading = false;
    if (done) this.sync(true);
    else if (this.socket) this.reload();
  }

  // The socket ------------------------------------------------------------------------------------------------------

  connect() {
    if (this.done || this.socket) return;
    clearTimeout(this.timer);
    const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/desk/`;
    const socket = this.socket = new WebSocket(url, "supervisor.v2");
    Object.assign(this, { n: 0, acked: 0, ackedAt: 0, bytes: 0, greeted: false });
    this.openedAt = performance.now();
    socket.onmessage = (event) => socket === this.socket && this.hear(JSON.parse(event.data), event.data.length);
    socket.onclose = (event) => socket === this.socket && this.closed(event.code);
  }

  /** `bytes`: its length as text, which is ASCII. */
  hear(message, bytes) {
    const now = performance.now();
    this.n = message.n;
    this.bytes += bytes;
    this.link.heardAt = now;
    if (message.op === "hello") {
      this.greeted = this.link.open = true;
      this.setClock(message.now);
    }
    const { board, then } = hear(this.board, message, now);
    const moved = board !== this.board, before = this.board;
    this.board = board;
    // The server's picture has moved on as well, and will not be "the same as before" any more.
    if (message.op === "frame" && moved) Object.assign(this, { picture: null, etag: "" });
    if (message.op === "frame" && moved && this.link.synced) this.newly(pairsOf(message, before, board), now); // else it catches up
    if (message.op === "hello") this.sync(now - this.pictureAt < HEARTBEAT);
    else if (then === "sync") this.sync(false);
    else if (then === "reload") this.reload();
    else if (!this.reloading && whole(message, board)) {
      this.link.synced = true;
      this.link.newsAt = now; // a greeting shows that the line is alive, not that the picture is true
      this.reloads = 0;
    }
    // From here, not from a timer: hidden tabs are throttled, messages are not.
    if (this.n - this.acked >= ACK_MESSAGES || this.bytes >= ACK_BYTES || now - this.ackedAt >= ACK_EVERY) {
      Object.assign(this, { acked: this.n, ackedAt: now, bytes: 0 });
      this.say({ op: "ack", n: this.n });
    }
    if (then === "rights") this.allowed();
    if (moved || then) this.told(this.board);
  }

  /** Say where we stand. A picture that came just now is news; an older one may have holes until a frame or a head comes. */
  sync(fresh) {
    const { epoch, revision, rights } = this.board;
    if (revision === null || !this.greeted) return;
    this.say({ op: "sync", epoch, revision, rights });
    this.link.synced = fresh;
    this.told(this.board);
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  closed(code) {
    this.drop();
    const then = afterClose(code);
    if (then === "sign-in" || then === "forbidden" || then === "version") return this.end(then);
    this.link.tries = triesAfter(this.link.tries, performance.now() - this.openedAt);
    this.again(then === "restart" ? 500 + Math.random() * 4500 : wait(this.link.tries));
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.link.open = this.link.synced = false;
    socket?.close();
    this.told(this.board);
  }

  // Trying again ----------------------------------------------------------------------------------------------------

  /** Nothing for five seconds: the line is dead, whatever the browser thinks of it. */
  watch() {
    const silent = performance.now() - Math.max(this.link.heardAt, this.openedAt ?? 0);
    if (this.socket && silent > DEAD) this.closed(1006);
    else if (this.badge.state !== this.judged) this.told(this.board);
    this.judged = this.badge.state;
  }

  fail() {
    this.link.tries += 1;
    this.again(wait(this.link.tries));
    this.told(this.board);
    return false;
  }

  again(ms) {
    if (this.done || this.socket) return;
    clearTimeout(this.timer);
    this.link.retryAt = performance.now() + ms;
    this.timer = setTimeout(async () => {
      // A handshake that was refused looks like a broken line; the picture's door says which.
      const known = this.greeted && this.board.revision !== null;
      this.greeted = false;
      if (known || (await this.fetchBoard())) this.connect();
    }, ms);
  }

  end(why) {
    this.done = true;
    clearTimeout(this.timer);
    this.drop();
    this.board = wiped();
    this.picture = null;
    this.told(this.board);
    this.over(why);
    return false;
  }

  setClock(iso) {
    if (iso) this.offset = Date.parse(iso) - performance.now();
  }

  /** The greeting that set our clock was on its way for a while; what the server has heard of cannot lie ahead of it. */
  newly(pairs, now) {
    for (const [, { heard_at }] of pairs) if (heard_at) this.offset = Math.max(this.offset, Date.parse(heard_at) - now);
    this.came(pairs);
  }
}

function pairsOf({ calls }, before, board) {
  return calls.map(({ id }) => [before.calls.get(id), board.calls.get(id) ?? board.ended.get(id)?.call]).filter(([, call]) => call);
}

/** Does this message prove that the board has no holes? */
function whole(message, board) {
  return message.op === "frame" ? message.to === board.revision : message.op === "head" && message.revision <= board.revision;
}
