/** Pushes whose connection fails: what is known of them afterwards. */

import assert from "node:assert/strict";
import { freePort } from "../../../scripts/private_server.ts";
import {
  apnsOf,
  never,
  notification,
  TOKEN,
  unavailable,
} from "../../fixtures/push/notifications.ts";
import { PushFixture, pushTest } from "../../fixtures/push/push.ts";
import { until } from "../../fixtures/until.ts";

const OTHER = "bb".repeat(32);

pushTest(
  "APNs: a push that was delivered before the connection was cut is unknown",
  async (push) => {
    await using apns = apnsOf(push);
    push.script({ answers: { [`apns:${TOKEN}`]: "cut-after" } });
    const outcome = await apns.send(notification(), never());
    assert.equal(outcome.kind, "unknown");
    assert.match(outcome.reason, /^APNs at 127\.0\.0\.1:\d+ did not answer: /);
    assert(!outcome.reason.includes(TOKEN));
    assert.equal(push.received("apns").length, 1, "it is not sent again by itself");
    assert.equal((await apns.send(notification({ token: OTHER }), never())).kind, "sent");
  },
);

pushTest("APNs: a stream that was refused is sent later, and not lost", async (push) => {
  await using apns = apnsOf(push);
  push.script({ answers: { [`apns:${TOKEN}`]: "refuse" } });
  const outcome = await apns.send(notification(), never());
  assert.equal(outcome.kind, "later");
  assert(push.received("apns").every(({ isDone }) => !isDone));
});

pushTest("APNs: a server that shuts down loses no push", async (push) => {
  await using apns = apnsOf(push);
  push.script({ answers: { [`apns:${TOKEN}`]: ["goaway"] } });
  const tokens = [TOKEN, ...Array.from({ length: 20 }, (_, i) => `${10 + i}`.repeat(32))];
  const outcomes = await Promise.all(
    tokens.map((token) => apns.send(notification({ token }), never())),
  );
  const sent = outcomes.filter(({ kind }) => kind === "sent").length;
  const later = outcomes.filter(({ kind }) => kind === "later").length;
  assert.equal(sent + later, tokens.length, Deno.inspect(outcomes));
  assert.equal(push.received("apns").filter(({ isDone }) => isDone).length, sent);
  assert.equal((await apns.send(notification(), never())).kind, "sent");
});

pushTest(
  "APNs: a push without an answer is unknown, and later ones are not delayed",
  async (push) => {
    await using apns = apnsOf(push, { timeoutMs: 500 });
    push.script({ answers: { [`apns:${TOKEN}`]: "silent" } });
    const outcome = await apns.send(notification(), never());
    assert.equal(outcome.kind, "unknown");
    assert.match(outcome.reason, /has not answered in time$/);
    assert.equal((await apns.send(notification({ token: OTHER }), never())).kind, "sent");
    const connections = new Set(push.requests("apns").map(({ connection }) => connection));
    assert.equal(connections.size, 2);
  },
);

pushTest("APNs: an aborted push ends with the signal's reason", async (push) => {
  await using apns = apnsOf(push);
  push.script({ answers: { [`apns:${TOKEN}`]: "silent" } });
  const abort = new AbortController();
  const sent = apns.send(notification(), abort.signal);
  await until("the push has come", () => push.received("apns").length > 0);
  abort.abort(new Error("stopped"));
  await assert.rejects(sent, { message: "stopped" });
  await assert.rejects(apns.send(notification(), abort.signal), { message: "stopped" });
});

pushTest("APNs: where nobody listens it is unavailable, and says what to check", async (push) => {
  await using apns = apnsOf(push, { url: `https://127.0.0.1:${freePort()}` });
  const error = await unavailable(apns.send(notification(), never()));
  assert.match(
    error.reason,
    /^APNs at 127\.0\.0\.1:\d+ did not answer: .*refused.*: check APNS_URL, and that firewalls let /,
  );
});

pushTest("APNs: a server of an unknown authority is unavailable", async (push) => {
  await using apns = apnsOf(push, { ca: undefined });
  const { reason } = await unavailable(apns.send(notification(), never()));
  assert.match(reason, /certificate|issuer/i);
  assert.deepEqual(push.requests("apns"), []);
});

Deno.test("APNs: a frozen server costs one push its outcome, and no other", async () => {
  await using push = await PushFixture.start();
  await using apns = apnsOf(push, { timeoutMs: 500 });
  assert.equal((await apns.send(notification(), never())).kind, "sent");
  push.freeze();
  assert.equal((await apns.send(notification(), never())).kind, "unknown");
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => unavailable(apns.send(notification(), never()))),
  );
  assert.match(outcomes[0]?.reason ?? "", /has not answered in time: check APNS_URL/);
  push.thaw();
  assert.equal((await apns.send(notification({ token: OTHER }), never())).kind, "sent");
  await push.kill();
  await unavailable(apns.send(notification(), never()));
  await push.start();
  assert.equal((await apns.send(notification({ token: OTHER }), never())).kind, "sent");
});
