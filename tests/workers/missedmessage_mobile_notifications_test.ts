/**
 * The worker of pushes up to servers that answer as Apple's, Google's and the push bouncer do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type EventOutcome, FakeClock, TestQueue } from "process-queue/testing";
import worker from "../../workers/missedmessage_mobile_notifications.ts";
import { openBox } from "../domain/push/boxes.ts";
import {
  APPLE,
  GOOGLE,
  PUSH_KEY,
  type PushWorkerTest,
  pushWorkerTest,
} from "../fixtures/push/worker.ts";

const HOUR_MS = 3_600_000;

pushWorkerTest("a message arrives at Apple and Google, and is removed", async (test) => {
  const { push, user } = test;
  assert.equal((await test.run(user.add)).outcome, "done");
  const [apple, ...apples] = push.received("apns");
  const [google, ...googles] = push.received("fcm");
  assert(apple && google);
  assert.deepEqual([apples, googles], [[], []]);
  assert.deepEqual([apple.what, google.what], [APPLE, GOOGLE]);
  const { aps, zulip } = JSON.parse(apple.text);
  assert.deepEqual(aps.alert, {
    title: "#kitchen > lunch",
    subtitle: "Ben & Co mentioned you:",
    body: "Soup?",
  });
  assert.deepEqual(zulip.message_ids, [user.message]);
  assert.deepEqual(
    ["apns-topic", "apns-push-type", "apns-priority"].map((name) => apple.headers[name]),
    ["org.zulip.Zulip", "alert", "10"],
  );
  const expires = Number(apple.headers["apns-expiration"]) * 1000 - Date.now();
  assert(expires > HOUR_MS - 60_000 && expires <= HOUR_MS, `${expires} ms`);
  const { message } = JSON.parse(google.text);
  assert.equal(message.data.content, "Soup?");
  assert.equal(message.data.realm_url, "https://acme.zulip.example");
  push.forget();
  assert.equal((await test.run(user.remove)).outcome, "done");
  assert.deepEqual(JSON.parse(push.received("apns")[0]?.text ?? "").aps, { badge: 0 });
  const removed = JSON.parse(push.received("fcm")[0]?.text ?? "").message;
  assert.equal(removed.data.zulip_message_ids, String(user.message));
});

pushWorkerTest("two devices, one 503: 1 and 2 requests", async (test) => {
  const { push, user } = test;
  push.script({ answers: { [`apns:${APPLE}`]: [{ status: 503, reason: "ServiceUnavailable" }] } });
  const first = await test.run(user.add);
  assert.deepEqual([first.outcome, first.counted, first.delay], ["retried", false, 5]);
  assert.match(first.error?.message ?? "", /^503 ServiceUnavailable/);
  assert.equal((await test.run(user.add)).outcome, "done");
  assert.equal((await test.run(user.add)).outcome, "done");
  assert.deepEqual([push.received("apns").length, push.received("fcm").length], [2, 1]);
  assert.deepEqual(await user.states(), ["done", "done", "done"]);
});

/** Runs an event by a queue to its end, in one run of the worker. */
async function settle({ push, user }: PushWorkerTest): Promise<readonly EventOutcome[]> {
  await using queue = await TestQueue.start(worker, {
    database: user.db,
    environment: { EXTERNAL_HOST: "zulip.example", ...push.direct },
    // Events are too old to be pushed that were published an hour ago by the real clock.
    clock: new FakeClock(Date.now()),
  });
  await queue.publish(user.add);
  await queue.settled();
  return queue.results;
}

pushWorkerTest("a push that has to wait is sent when its service says", async (test) => {
  const { push } = test;
  const limited = { status: 429, reason: "TooManyRequests", headers: { "retry-after": "15" } };
  push.script({ answers: { [`apns:${APPLE}`]: [limited] } });
  const results = await settle(test);
  assert.deepEqual(results.map(({ outcome, delay }) => [outcome, delay]), [
    ["retried", 15],
    ["done", undefined],
  ]);
  assert.deepEqual([push.received("apns").length, push.received("fcm").length], [2, 1]);
});

pushWorkerTest("a token that Apple does not know is removed", async (test) => {
  const { push, user } = test;
  const answers = {
    [`apns:${APPLE}`]: { status: 400, reason: "BadDeviceToken" },
    [`fcm:${GOOGLE}`]: { status: 404, reason: "UNREGISTERED" },
  };
  push.script({ answers });
  assert.equal((await test.run(user.add)).outcome, "done");
  const left = await user.db.selectFrom("zerver_pushdevicetoken").select("token").execute();
  assert.deepEqual(left, []);
});

pushWorkerTest(
  "a push that may have been delivered is made again, with the same id",
  async (test) => {
    const { push } = test;
    push.script({ answers: { [`apns:${APPLE}`]: ["cut-after"] } });
    const results = await settle(test);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["retried", "done"]);
    assert.match(results[0]?.error?.message ?? "", /^maybe pushed, pushed again: /);
    const ids = push.received("apns").map(({ headers }) => [
      headers["apns-id"],
      headers["apns-collapse-id"],
    ]);
    assert.equal(ids.length, 2);
    assert.deepEqual(ids[0], ids[1]);
    assert.equal(push.received("fcm").length, 1);
  },
);

pushWorkerTest("the queue waits while the bouncer is unavailable", async (test) => {
  const { push, user } = test;
  push.script({ answers: { "bouncer:*": { status: 503 } } });
  const { outcome, error } = await test.throughBouncer(user.add);
  assert.equal(outcome, "paused");
  assert.match(error?.message ?? "", /push bouncer/);
  push.script({});
  assert.equal((await test.throughBouncer(user.add)).outcome, "done");
  const done = push.received("bouncer").filter(({ isDone }) => isDone);
  assert.deepEqual(done.map(({ what }) => what), ["push/notify"]);
});

pushWorkerTest("a push that has waited for an hour is given up", async (test) => {
  const { push, user } = test;
  push.script({ answers: { "apns:*": { status: 500, reason: "InternalServerError" } } });
  const { outcome, error } = await test.run(user.remove, { publishedAt: Date.now() - HOUR_MS });
  assert.equal(outcome, "failed");
  assert.match(
    error?.message ?? "",
    /^waited too long: 500 InternalServerError.* \(given up after 36/,
  );
  const late = await test.run(user.add, { publishedAt: Date.now() - HOUR_MS });
  assert.equal(late.outcome, "done");
  assert(late.logs.some(({ message }) => /is too old to be shown/.test(message)));
});

pushWorkerTest("a device is registered at the bouncer, and gets encrypted pushes", async (test) => {
  const { push, user } = test;
  const account = 9_007_199_254_740_993n;
  await user.db.insertInto("zerver_pushdevice").values({
    ...{ user_id: user.ada, token_kind: "apns", push_account_id: account, push_key: PUSH_KEY },
  }).execute();
  const payload = {
    ...{ user_profile_id: user.ada, push_account_id: account, bouncer_public_key: "cHVi" },
    encrypted_push_registration: "registration+of+a+device",
  };
  const registered = await test.throughBouncer({
    type: "register_push_device_to_bouncer",
    payload,
  });
  assert.equal(registered.outcome, "done", registered.error?.message);
  assert.doesNotMatch(JSON.stringify(registered.logs), /registration\+of/);
  const [notice] = registered.published;
  assert.deepEqual(notice?.queue, "notify_tornado");
  assert.equal((await test.throughBouncer(user.add)).outcome, "done");
  const sent = push.received("bouncer").find(({ what }) => what === "push/e2ee/notify");
  const { push_requests: [request] } = JSON.parse(sent?.text ?? "");
  const box = Buffer.from(request.payload.encrypted_data, "base64");
  const shown = JSON.parse(openBox(PUSH_KEY, box));
  assert.deepEqual([shown.type, shown.content, shown.channel_name], [
    "message",
    "Soup?",
    "kitchen",
  ]);
});

pushWorkerTest("without a service an event is done, and the log says so once", async (test) => {
  const { outcome, logs } = await test.run(test.user.add, { environment: {} });
  assert.equal(outcome, "done");
  const lines = logs.map(({ message }) => message).join("\n");
  assert.match(lines, /Mobile push notifications are not configured: set ZULIP_SERVICE_PUSH/);
  assert.deepEqual(await test.user.states(), []);
});

pushWorkerTest("a registration without a bouncer is dead-lettered", async (test) => {
  const { outcome, error } = await test.run({
    type: "register_push_device_to_bouncer",
    payload: {
      ...{ user_profile_id: test.user.ada, push_account_id: 5, bouncer_public_key: "cHVi" },
      encrypted_push_registration: "c2Vj",
    },
  });
  assert.equal(outcome, "failed");
  assert.match(error?.message ?? "", /set ZULIP_SERVICE_PUSH_NOTIFICATIONS to true/);
});

pushWorkerTest(
  "events of pushes wait while the database cannot be reached",
  async ({ push, user }) => {
    const { runEvent } = await import("process-queue/testing");
    const environment = { ...push.direct, DATABASE_URL: "postgres://u:p@127.0.0.1:1/d" };
    const { outcome, error } = await runEvent(worker, user.add, { environment });
    assert.equal(outcome, "paused");
    assert.match(
      error?.message ?? "",
      /^Waiting for the database/,
    );
  },
);
