"use strict";
const { test } = require("node:test");
const assert = require("node:assert/strict");
const { NUMBER, STAY, application, asked, client, eventually, refusedWith, ring, simulator } = require("./here.cjs");

/** A caller who is in a conference, which they have opened. */
async function enter(verbs) {
  const sid = await ring(verbs);
  await eventually(async () => (await simulator(`calls/${sid}`)).conference_sid);
  return sid;
}
const room = async () => eventually(async () => (await client.conferences.list({ status: "in-progress" }))[0]);

test("a conference: added to, held, muted, coached, announced to, kicked from and ended", async () => {
  const caller = await enter("<Dial><Conference>room 1</Conference></Dial>");
  const agent = await client.conferences("room 1").participants.create({
    to: "client:dana",
    from: NUMBER,
    label: "agent 1",
    beep: "onEnter",
    endConferenceOnExit: false,
    earlyMedia: true,
    timeout: 20,
    statusCallback: `${application.url}/status`,
    statusCallbackEvent: ["ringing", "answered", "completed"],
    conferenceStatusCallback: `${application.url}/conference`,
    conferenceStatusCallbackEvent: ["start", "end", "join", "leave", "mute", "hold"],
  });
  assert.deepEqual([agent.label, agent.status], ["agent 1", "queued"]);
  const { sid, friendlyName } = await room();
  assert.equal(friendlyName, "room 1");
  const here = client.conferences(sid);
  const everyone = await here.participants.list({ pageSize: 1 });
  assert.deepEqual(everyone.map((one) => one.callSid).sort(), [caller, agent.callSid].sort());

  const held = await here.participants(caller).update({ hold: true, holdUrl: `${application.url}/music` });
  assert.deepEqual([held.hold, held.muted], [true, false]);
  await eventually(() => asked("/music").length);
  assert.equal(asked("/music")[0].method, "GET");
  const coach = { to: "client:sup", from: NUMBER, coaching: true };
  const coaching = (whom) => here.participants.create({ ...coach, callSidToCoach: whom });
  await assert.rejects(coaching(caller), refusedWith(400, 16027));
  await assert.rejects(coaching(`CA${"0".repeat(32)}`), refusedWith(400, 16028));
  await here.participants(caller).update({ hold: false });
  const supervisor = await coaching(agent.callSid);
  assert.deepEqual([supervisor.coaching, supervisor.callSidToCoach], [true, agent.callSid]);

  // The library for Node percent-encodes what stands in a path, that for Python does not.
  assert.equal((await here.participants("agent 1").update({ muted: true })).muted, true);
  assert.equal((await here.participants.list({ muted: true })).length, 1);
  application.says["/news"] = "<Say>Closing soon.</Say>";
  await here.update({ announceUrl: `${application.url}/news` });
  await eventually(() => asked("/news").length);
  assert.equal(await here.participants("agent 1").remove(), true);
  await assert.rejects(here.participants("agent 1").fetch(), refusedWith(404, 20404));
  assert.equal((await here.update({ status: "completed" })).status, "completed");
  const over = await here.fetch();
  assert.equal(over.reasonConferenceEnded, "conference-ended-via-api");
  await assert.rejects(here.participants.create({ to: "client:dana", from: NUMBER }), refusedWith(404, 16022));
  assert.deepEqual(asked("/conference"), [], "only the first participant's callback counts");
});

test("a conference's recording is paused and stopped", async () => {
  await enter("<Dial><Conference record='record-from-start'>r</Conference></Dial>");
  await client.conferences("r").participants.create({ to: "client:dana", from: NUMBER });
  const { sid } = await room();
  const current = client.conferences(sid).recordings("Twilio.CURRENT");
  const paused = await current.update({ status: "paused", pauseBehavior: "silence" });
  assert.deepEqual([paused.status, paused.conferenceSid], ["paused", sid]);
  await current.update({ status: "stopped" });
  await assert.rejects(current.fetch(), refusedWith(404, 20404));
});

test("a queue: its members are seen, its first one taken out", async () => {
  const made = await client.queues.create({ friendlyName: "support", maxSize: 5 });
  application.says["/wait"] = STAY;
  const caller = await ring(`<Enqueue waitUrl="${application.url}/wait">support</Enqueue>`);
  const [member] = await eventually(async () => {
    const members = await client.queues(made.sid).members.list();
    return members.length && members;
  });
  assert.deepEqual([member.callSid, member.position], [caller, 1]);
  assert.equal((await client.queues(made.sid).members(caller).fetch()).queueSid, made.sid);
  application.says["/out"] = STAY;
  await client.queues(made.sid).members("Front").update({ url: `${application.url}/out`, method: "GET" });
  await eventually(() => asked("/out").length);
  await assert.rejects(client.queues(made.sid).members("Front").fetch(), refusedWith(404, 20404));
  assert.equal((await client.queues(made.sid).update({ maxSize: 7 })).maxSize, 7);
  assert.equal(await client.queues(made.sid).remove(), true);
});
