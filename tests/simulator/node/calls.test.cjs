"use strict";
const { test } = require("node:test");
const assert = require("node:assert/strict");
const { ACCOUNT, NUMBER, STAY, TOKEN, SIMULATOR, twilio } = require("./here.cjs");
const { application, asked, client, eventually, refusedWith, ring, simulator, statuses } = require("./here.cjs");

const CALLEE = "+14155550188";
const live = (sid) => eventually(async () => (await client.calls(sid).fetch()).status === "in-progress");
const heard = (sid) => eventually(async () => (await simulator(`calls/${sid}`)).heard.length);

test("a call is made with many parameters, and each has its effect", async () => {
  application.says["/answered"] = "<Say>Hello.</Say><Hangup/>";
  const call = await client.calls.create({
    to: CALLEE,
    from: NUMBER,
    url: `${application.url}/answered?ref=7`,
    method: "GET",
    fallbackUrl: `${application.url}/fallback`,
    fallbackMethod: "GET",
    statusCallback: `${application.url}/status`,
    statusCallbackMethod: "POST",
    statusCallbackEvent: ["initiated", "ringing", "answered", "completed"],
    sendDigits: "ww12#",
    timeout: 30,
    timeLimit: 600,
    record: true,
    recordingChannels: "dual",
    recordingTrack: "both",
    recordingStatusCallback: `${application.url}/recording`,
    recordingStatusCallbackEvent: ["in-progress", "completed"],
    trim: "do-not-trim",
    callReason: "your appointment",
  });
  assert.match(call.sid, /^CA[0-9a-f]{32}$/);
  assert.deepEqual([call.status, call.direction, call.accountSid], ["queued", "outbound-api", ACCOUNT]);
  assert.ok(call.dateCreated instanceof Date && call.startTime === null);
  await eventually(() => asked("/recording").length === 2);
  assert.deepEqual(statuses(), ["initiated", "ringing", "in-progress", "completed"]);
  assert.deepEqual(asked("/status").map((one) => one.params.SequenceNumber), ["0", "1", "2", "3"]);
  assert.deepEqual([asked("/answered")[0].method, asked("/answered")[0].params.ref], ["GET", "7"]);
  const ended = await client.calls(call.sid).fetch();
  assert.deepEqual([ended.status, typeof ended.duration, ended.endTime instanceof Date], ["completed", "string", true]);
  const [recording] = await client.calls(call.sid).recordings.list();
  assert.deepEqual([recording.channels, recording.source], [2, "OutboundAPI"]);
  assert.deepEqual((await simulator("truth")).notes, [], "a parameter that is not known would be noted");
});

test("a list is read over its pages, and page by page", async () => {
  const made = [];
  for (const place of [1, 2, 3, 4, 5]) {
    const call = await client.calls.create({ to: `+1415555020${place}`, from: NUMBER, twiml: "<Response/>" });
    made.unshift(call.sid);
  }
  const sids = (calls) => calls.map((call) => call.sid);
  assert.deepEqual(sids(await client.calls.list({ pageSize: 2 })), made);
  assert.deepEqual(sids(await client.calls.list({ pageSize: 2, limit: 3 })), made.slice(0, 3));
  assert.deepEqual(sids(await client.calls.list({ to: "+14155550203" })), [made[2]]);
  const first = await client.calls.page({ pageSize: 3 });
  const second = await first.nextPage();
  assert.deepEqual([sids(first.instances), sids(second.instances)], [made.slice(0, 3), made.slice(3)]);
  assert.deepEqual(sids((await second.previousPage()).instances), made.slice(0, 3));
  assert.equal(await second.nextPage(), undefined);
  const each = [];
  await new Promise((done) => client.calls.each({ pageSize: 2, callback: (call) => each.push(call.sid), done }));
  assert.deepEqual(each, made);
  assert.deepEqual(await client.calls.list({ startTimeAfter: new Date("2100-01-01") }), []);
});

test("a live call is redirected by a URL, then by TwiML, then ended", async () => {
  const sid = await ring();
  await live(sid);
  application.says["/other"] = STAY;
  const answer = await client.calls(sid).update({ url: `${application.url}/other`, method: "GET" });
  assert.equal(answer.status, "in-progress");
  await eventually(() => asked("/other").length);
  await client.calls(sid).update({ twiml: `<Response><Redirect>${application.url}/third</Redirect></Response>` });
  application.says["/third"] = STAY;
  await eventually(() => asked("/third").length);
  await client.calls(sid).update({ status: "completed" });
  await eventually(async () => (await client.calls(sid).fetch()).status === "completed");
  assert.equal(await client.calls(sid).remove(), true);
  await assert.rejects(client.calls(sid).fetch(), refusedWith(404, 20404));
});

test("its recording is started, paused, resumed and stopped, by the name for the current one", async () => {
  const sid = await ring();
  await live(sid);
  const made = await client.calls(sid).recordings.create({ recordingChannels: "dual" });
  assert.equal(made.source, "StartCallRecordingAPI");
  const current = client.calls(sid).recordings("Twilio.CURRENT");
  const paused = await current.update({ status: "paused", pauseBehavior: "skip" });
  assert.deepEqual([paused.sid, paused.status], [made.sid, "paused"]);
  assert.equal((await current.update({ status: "in-progress" })).status, "in-progress");
  await client.calls(sid).recordings.create();
  await assert.rejects(current.update({ status: "stopped" }), (error) => error.code === 16108);
  await client.calls(sid).recordings(made.sid).update({ status: "stopped" });
  await eventually(async () => (await client.recordings(made.sid).fetch()).status !== "processing");
  assert.equal((await client.recordings.list({ callSid: sid })).length, 2);
  assert.equal(await client.recordings(made.sid).remove(), true);
});

test("what runs beside a call, and what the debugger has of it", async () => {
  const sid = await ring(`<Shout/>${STAY}`);
  await live(sid);
  await heard(sid);
  const words = await client.calls(sid).transcriptions.create({ name: "words", statusCallbackUrl: `${application.url}/words` });
  assert.match(words.sid, /^GT/);
  assert.equal((await client.calls(sid).transcriptions("words").update({ status: "stopped" })).status, "stopped");
  await client.calls(sid).siprec.create({ name: "archive", connectorName: "recorder" });
  await client.calls(sid).siprec("archive").update({ status: "stopped" });
  const [note] = await client.calls(sid).notifications.list();
  assert.deepEqual([note.errorCode, note.log], ["12200", "1"]);
  const events = await client.calls(sid).events.list();
  assert.ok(events.some((one) => one.request.url === `${application.url}/voice` && one.response.response_code === 200));
});

test("numbers and applications", async () => {
  const menu = await client.applications.create({ friendlyName: "Menu", voiceUrl: `${application.url}/menu` });
  const number = await client.incomingPhoneNumbers.create({ phoneNumber: "+15005550177", voiceApplicationSid: menu.sid });
  assert.deepEqual([number.voiceApplicationSid, number.capabilities.voice], [menu.sid, true]);
  assert.equal((await client.applications(menu.sid).update({ voiceMethod: "GET" })).voiceMethod, "GET");
  assert.equal(await client.incomingPhoneNumbers(number.sid).remove(), true);
  assert.equal(await client.applications(menu.sid).remove(), true);
});

test("refusals are exceptions of the library's own, with Twilio's status and code", async () => {
  const to = CALLEE, from = NUMBER, twiml = "<Response/>";
  await assert.rejects(client.calls(`CA${"0".repeat(32)}`).fetch(), refusedWith(404, 20404));
  await assert.rejects(client.calls.create({ to, from: "+19998887777", twiml }), refusedWith(400, 21210));
  await assert.rejects(client.calls.create({ to: "nobody", from, twiml }), refusedWith(400, 21211));
  await assert.rejects(client.calls.create({ to, from, twiml: "x".repeat(4001) }), refusedWith(400, 32018));
  const sid = await ring("<Pause length='600'/>");
  await simulator(`calls/${sid}/hangup`, {});
  await eventually(async () => (await simulator(`calls/${sid}`)).over);
  await assert.rejects(client.calls(sid).update({ status: "completed" }), refusedWith(400, 21220));
  await assert.rejects(client.calls(sid).recordings.create(), refusedWith(400, 21220));
  await assert.rejects(client.conferences(`CF${"0".repeat(32)}`).fetch(), refusedWith(404, 20404));
});

test("a wrong token is refused, of a resource and of a list", async () => {
  const stranger = twilio(ACCOUNT, `not-${TOKEN}`);
  stranger.api.baseUrl = SIMULATOR;
  await assert.rejects(stranger.calls.create({ to: CALLEE, from: NUMBER, twiml: "<Response/>" }), refusedWith(401, 20003));
  await assert.rejects(stranger.calls.list(), refusedWith(401, 20003));
});

test("too many requests at once are 429, and with autoRetry the library comes back", async () => {
  await simulator("settings", { rest_concurrency: 1 });
  await simulator("faults", { rest: [{ what: "late", method: "POST", path: "Queues", seconds: 2.5, times: 1 }] });
  const first = client.queues.create({ friendlyName: "slow" });
  await eventually(async () => (await simulator("asked")).asked.length);
  await assert.rejects(client.queues.list(), refusedWith(429, 20429));
  const patient = twilio(ACCOUNT, TOKEN, { autoRetry: true, maxRetries: 99, maxRetryDelay: 300 });
  patient.api.baseUrl = SIMULATOR;
  assert.deepEqual((await patient.queues.list()).map((one) => one.friendlyName), ["slow"]);
  await first;
});
