"use strict";
/* An application as its author would write it for Node: Twilio's client, and a web server behind Twilio's own middleware. */

const { afterEach, beforeEach } = require("node:test");
const assert = require("node:assert/strict");
const express = require("express");
const twilio = require("twilio");

const { SIMULATOR, ACCOUNT, TOKEN, NUMBER } = process.env;
const CALLER = "+14155550123";
const STAY = "<Say>One moment.</Say><Pause length='3600'/>";

const client = twilio(ACCOUNT, TOKEN);
client.api.baseUrl = SIMULATOR;

const application = { url: "", asked: [], refused: [], says: {} };
let server;

beforeEach(async () => {
  await simulator("reset");
  Object.assign(application, { asked: [], refused: [], says: {} });
  server = await listening(webApplication());
  application.url = `http://127.0.0.1:${server.address().port}`;
  const [number] = await client.incomingPhoneNumbers.list({ phoneNumber: NUMBER });
  // The library loses the SID of what it has listed.
  await client.incomingPhoneNumbers(number.sid).update({ voiceUrl: `${application.url}/voice` });
});

afterEach(async () => {
  const faults = (await simulator("truth")).notes.filter((note) => note.code === 0);
  await simulator("reset");
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  assert.deepEqual(faults, []);
  assert.deepEqual(application.refused, [], "a webhook whose signature Twilio's middleware refused");
});

function webApplication() {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use((request, response, next) => {
    response.on("finish", () => response.statusCode === 403 && application.refused.push(request.originalUrl));
    next();
  });
  app.use(twilio.webhook(TOKEN));
  app.use((request, response) => {
    const params = { ...request.query, ...request.body };
    application.asked.push({ method: request.method, path: request.path, url: request.originalUrl, params });
    const verbs = application.says[request.path];
    if (verbs === undefined) return response.status(204).end();
    response.type("text/xml").send(`<Response>${verbs}</Response>`);
  });
  return app;
}

function listening(app) {
  return new Promise((done) => {
    const one = app.listen(0, "127.0.0.1", () => done(one));
  });
}

/** One of the simulator's own doors: with content a POST, as is a reset. */
async function simulator(door, content) {
  const method = content || door === "reset" ? "POST" : "GET";
  const body = method === "POST" ? JSON.stringify(content ?? {}) : undefined;
  const answer = await fetch(`${SIMULATOR}/sim/${door}`, { method, body });
  assert.ok(answer.ok, `${door}: ${answer.status}`);
  return answer.json();
}

/** Looks again and again until it sees something true. */
async function eventually(look) {
  for (const until = Date.now() + 10_000; Date.now() < until; await new Promise((done) => setTimeout(done, 20))) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`not seen within 10 s: ${look}`);
}

/** Somebody calls the number, and hears the first words. */
async function ring(verbs = STAY) {
  application.says["/voice"] = verbs;
  const { sid } = await simulator("calls", { from: CALLER, to: NUMBER });
  await eventually(() => asked("/voice").length);
  return sid;
}

const asked = (path) => application.asked.filter((one) => one.path === path);
const statuses = (path = "/status") => asked(path).map((one) => one.params.CallStatus);
const refusedWith = (status, code) => (error) => {
  assert.ok(error instanceof twilio.RestException, String(error));
  assert.deepEqual([error.status, error.code], [status, code]);
  return true;
};

module.exports = { ACCOUNT, CALLER, NUMBER, SIMULATOR, STAY, TOKEN, twilio };
Object.assign(module.exports, { application, asked, client, eventually, refusedWith, ring, simulator, statuses });
