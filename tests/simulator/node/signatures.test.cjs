"use strict";
const { test } = require("node:test");
const assert = require("node:assert/strict");
const { NUMBER, STAY, TOKEN, application, asked, client, eventually, ring, simulator, twilio } = require("./here.cjs");

// Every webhook of every test here has passed twilio.webhook(), or afterEach would have told.

const told = () =>
  eventually(() => asked("/status").length && asked("/status")[asked("/status").length - 1]);

async function called(parameters) {
  await client.calls.create({ to: "+14155550188", from: NUMBER, twiml: "<Response/>", ...parameters });
  return told();
}

test("a form, with the URL's own query", async () => {
  const { method, url } = await called({ statusCallback: `${application.url}/status?ref=7&who=dana%20m.` });
  assert.deepEqual([method, url], ["POST", "/status?ref=7&who=dana%20m."]);
});

test("a GET, whose parameters are the query", async () => {
  const { method, params } = await called({ statusCallback: `${application.url}/status?ref=7`, statusCallbackMethod: "GET" });
  assert.deepEqual([method, params.ref, params.CallStatus], ["GET", "7", "completed"]);
});

test("connection overrides are neither sent nor signed", async () => {
  const { url } = await called({ statusCallback: `${application.url}/status#rc=3&rp=all` });
  assert.equal(url, "/status");
});

test("a document that is asked for, an action, and values that are not ASCII", async () => {
  const gather = `<Gather input="speech" timeout="1200" speechTimeout="auto" action="${application.url}/said">`;
  const sid = await ring(`${gather}<Say>Yes?</Say></Gather>`);
  await eventually(async () => (await simulator(`calls/${sid}`)).heard.length);
  application.says["/said"] = STAY;
  await eventually(async () => (await simulator(`calls/${sid}/digits`, { speech: "Grüße aus São Paulo + 1 & 2" })).heard);
  await eventually(() => asked("/said").length);
  assert.equal(asked("/said")[0].params.SpeechResult, "Grüße aus São Paulo + 1 & 2");
});

test("a request that was changed on its way is refused", async () => {
  await called({ statusCallback: `${application.url}/status` });
  const { webhooks } = await simulator("webhooks");
  const { params, url } = webhooks.find((one) => one.url.endsWith("/status"));
  const signature = twilio.getExpectedTwilioSignature(TOKEN, url, params);
  const valid = (token, over, at = url) => twilio.validateRequest(token, signature, at, { ...params, ...over });
  assert.equal(valid(TOKEN, {}), true);
  assert.equal(valid(TOKEN, { CallStatus: "failed" }), false);
  assert.equal(valid(TOKEN, { Extra: "" }), false);
  assert.equal(valid(`not-${TOKEN}`, {}), false);
  assert.equal(valid(TOKEN, {}, `${url}?ref=8`), false);
});

test("what the simulator's signer signs, this library accepts, and nothing else", () => {
  const signed = JSON.parse(process.env.SIGNED);
  assert.ok(signed.length > 4);
  for (const { token, url, params, body, signature } of signed) {
    const valid = (at, further) =>
      body === undefined
        ? twilio.validateRequest(token, signature, at, { ...params, ...further })
        : twilio.validateRequestWithBody(token, signature, at, further ? `${body} ` : body);
    assert.equal(valid(url), true, url);
    assert.equal(valid(url, { Extra: "1" }), false, url);
    assert.equal(valid(url.replace("/x", "/y")), false, url);
  }
});
