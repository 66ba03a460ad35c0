import assert from "node:assert/strict";
import { runBatch } from "process-queue/testing";
import { type HookTest, hookTest, run } from "../fixtures/bots/hook_test.ts";
import { smokescreen } from "../fixtures/http/smokescreen.ts";
import outgoingWebhooks from "../../workers/outgoing_webhooks.ts";

const URL = "https://acme.zulip.example/#narrow/channel";

const FAILURES: readonly [body: string, status: number, chat: string, owner: RegExp][] = [
  ["[]", 200, "Failure! Invalid response format", /error:\n> Invalid response format\nThe resp/],
  ["<p>", 200, "Failure! Invalid JSON in response", /payload:\n```\nb'<p>'\n```$/],
  ["no", 404, "Failure! Third party responded with 404", /status code \*404\*\.\n[^]*b'no'/],
  ["", 401, "Failure! Third party responded with 401", /status code \*401\*\.$/],
  [
    "x",
    407,
    "Failure! Third party responded with 407",
    /is for a private or disallowed network\.$/,
  ],
];

hookTest(
  "chat and owner are notified of a service's invalid answer; it is not called again",
  async (test) => {
    const { server, bots } = test;
    for (const [at, [body, status, chat, owner]] of FAILURES.entries()) {
      server.answer("/1", body, status);
      const { results } = await run(test, [await bots.mention()]);
      assert.deepEqual(results.map(({ outcome }) => outcome), ["done"]);
      assert.equal((await bots.said()).at(-1), chat);
      const text = (await bots.told()).at(-1) ?? "";
      assert(text.startsWith(`[A message](${URL}/${bots.stream}-kitchen/topic/lunch/near/`), text);
      assert.match(text, / to your bot @_\*\*Weather\*\* triggered an outgoing webhook\.\n/);
      assert.match(text, owner);
      assert.equal(server.requests.length, at + 1);
    }
  },
);

hookTest(
  "an answer that repeats the request puts no secret of the service in the log",
  async (test) => {
    const { server, bots } = test;
    const token = "0123456789abcdefXYZW";
    const base_url = server.url("/hooks/T0SECRET/B0SECRET");
    await bots.db.updateTable("zerver_service").set({ base_url, token }).execute();
    server.answer(
      "/hooks/T0SECRET/B0SECRET",
      `no: POST /hooks/T0SECRET/B0SECRET {"token":"${token}"}`,
      404,
    );
    const { logs } = await run(test, [await bots.mention()]);
    const log = logs.join("\n");
    assert.match(log, /status code 404\. Content of response \(in quotes\): "no: POST /);
    assert.doesNotMatch(log, /0123456789abcdef|T0SECRET/);
  },
);

hookTest("an invalid widget is reported, and nothing of the reply is sent", async (test) => {
  const { server, bots } = test;
  server.answer("/1", { content: "x", widget_content: "{" });
  await run(test, [await bots.mention()]);
  assert.deepEqual(await bots.said(), [
    "Failure! Widgets: API programmer sent invalid JSON content",
  ]);
});

hookTest(
  "a service that hangs is called four times, and then reported as unavailable",
  async (test) => {
    const { server, bots } = test;
    server.hang("/1");
    const event = await bots.mention();
    const { results, logs } = await run(test, [event], { OUTGOING_WEBHOOK_TIMEOUT_SECONDS: "1" });
    assert.equal(server.requests.length, 4);
    assert.deepEqual(results.map(({ delay }) => delay), [1, 5, 15, undefined]);
    assert.deepEqual(await bots.said(), ["Failure! Bot is unavailable"]);
    assert.match((await bots.told()).join(), /\nRequest timed out after 1 seconds\.$/);
    const last = logs.filter((line) => line.includes("Maximum retries exceeded"));
    assert.match(last.join(), /^warning .* for trigger:weather-bot@example\.com event:/);
    assert(await bots.hasRead(event));
  },
);

hookTest("a service that is not there is retried as well", async (test) => {
  const { server, bots } = test;
  await bots.db.updateTable("zerver_service").set({
    base_url: `http://127.0.0.1:${test.closedPort}/`,
  })
    .execute();
  const { results } = await run(test, [await bots.mention()]);
  assert.equal(results.length, 4);
  assert.equal(server.requests.length, 0);
  assert.deepEqual(await bots.said(), ["Failure! Bot is unavailable"]);
  assert.match(
    (await bots.told()).join(),
    /\nA connection error occurred\. Is my bot server down\?$/,
  );
});

hookTest(
  "408, 429 and 5xx are tried again, and at the end reported by their status",
  async (test) => {
    const { server, bots } = test;
    const statuses = [408, 500, 503];
    server.answers.set("/1", (_, count) => {
      const status = statuses[count - 1];
      return status ? new Response("", { status }) : Response.json({ content: "Rain." });
    });
    const { results } = await run(test, [await bots.mention()]);
    assert.equal(results.length, 4);
    assert.deepEqual(await bots.said(), ["Rain."]);
    server.answer("/1", "busy", 503);
    await run(test, [await bots.mention()]);
    assert.equal((await bots.said()).at(-1), "Failure! Third party responded with 503");
  },
);

hookTest("Retry-After is honoured", async (test) => {
  const { server, bots } = test;
  server.answers.set(
    "/1",
    (_, count) =>
      count === 1
        ? new Response("", { status: 429, headers: { "Retry-After": "27" } })
        : Response.json({ content: "Rain." }),
  );
  const { results } = await run(test, [await bots.mention()]);
  assert.deepEqual(results.map(({ delay }) => delay), [30, undefined]);
  assert.deepEqual(await bots.said(), ["Rain."]);
});

hookTest(
  "an address of the network is not called, and the owner is notified of the reason",
  async (test) => {
    const { server, bots } = test;
    const { logs } = await run(test, [await bots.mention()], { OUTGOING_ALLOWED_HOSTS: "" });
    assert.equal(server.requests.length, 0);
    assert.deepEqual(await bots.said(), ["Failure! Third party responded with 407"]);
    assert.match((await bots.told()).join(), /is for a private or disallowed network\.$/);
    assert(logs.some((line) => line.startsWith("warning ")), logs.join("\n"));
  },
);

const EXCEPTIONS: readonly [url: (test: HookTest) => string, name: string][] = [
  [() => "no address", "InvalidURL"],
  [({ server }) => server.url("/loop"), "TooManyRedirects"],
];

hookTest("what is no address, and redirects without an end, are exceptions", async (test) => {
  const { server, bots } = test;
  server.answers.set(
    "/loop",
    () => new Response("", { status: 307, headers: { location: "/loop" } }),
  );
  for (const [url, name] of EXCEPTIONS) {
    await bots.db.updateTable("zerver_service").set({ base_url: url(test) }).execute();
    const { results, logs } = await run(test, [await bots.mention("rain?")]);
    assert.equal(results.length, 1);
    assert.equal(
      (await bots.said()).at(-1),
      `Failure! An exception of type *${name}* occurred for message \`rain?\`! ` +
        "See the Zulip server logs for more information.",
    );
    assert.match((await bots.told()).at(-1) ?? "", new RegExp(`exception of type ${name} occ`));
    assert(logs.some((line) => line.startsWith("error ")), logs.join("\n"));
  }
});

hookTest("a host that fails again and again is left alone, and its events wait", async (test) => {
  const { server, bots } = test;
  server.answer("/1", "", 503);
  const mentions: unknown[] = [];
  for (let i = 0; i < 6; i++) mentions.push(await bots.mention(`rain ${i}?`));
  const runAt = async (publishedAt: number, retriedAt?: number) => {
    server.requests.length = 0;
    const given = { publishedAt, ...(retriedAt !== undefined && { retriedAt }) };
    const options = { database: bots.db, environment: test.env, ...given };
    const { events } = await runBatch(outgoingWebhooks, mentions, options);
    assert.equal(server.requests.length, 5);
    return events.at(-1);
  };
  const waiting = await runAt(Date.now());
  assert.equal(waiting?.counted, false);
  assert.match(waiting?.error?.message ?? "", /fails again and again/);
  assert((waiting?.delay ?? 0) >= 5, `${waiting?.delay}`);
  assert.deepEqual(await bots.said(), []);
  const putBack = await runAt(Date.now() - 60_000, Date.now());
  assert.equal(putBack?.counted, false);
  assert.deepEqual(await bots.said(), []);
  const late = await runAt(Date.now() - 60_000);
  assert.equal(late?.outcome, "done");
  assert.deepEqual(await bots.said(), ["Failure! Bot is unavailable"]);
});

hookTest("a proxy makes the call as a webhook's, and says what it does not call", async (test) => {
  const { server, bots } = test;
  await using proxy = await smokescreen({ "hooks.example:80": server.port });
  const env = { HTTP_proxy: `http://127.0.0.1:${proxy.port}`, OUTGOING_ALLOWED_HOSTS: "" };
  server.answer("/1", { content: "Rain." });
  const use = (base_url: string) =>
    bots.db.updateTable("zerver_service").set({ base_url }).execute();
  await use("http://hooks.example/1");
  await run(test, [await bots.mention()], env);
  assert.deepEqual(await bots.said(), ["Rain."]);
  assert.match(proxy.requests[0] ?? "", /\r\nX-Smokescreen-Role: webhook\r\n/i);
  await use("http://intern.example/1");
  await run(test, [await bots.mention()], env);
  assert.equal((await bots.said()).at(-1), "Failure! Third party responded with 407");
  assert.match((await bots.told()).join(), /is for a private or disallowed network\.$/);
});

hookTest(
  "a deleted channel gets no failure, and the owner is still notified",
  async (test) => {
    const { server, bots } = test;
    server.answer("/1", { content: "Rain." });
    const event = await bots.mention();
    const message = { ...event.message, stream_id: 987_654 };
    const { results } = await run(test, [{ ...event, message }]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["done"]);
    assert.deepEqual(await bots.said(), []);
    assert.match((await bots.told()).join(), /> Channel with ID '987654' does not exist/);
  },
);

hookTest("a bot that was deleted, or has no service, is no error", async (test) => {
  const { bots } = test;
  const event = await bots.mention();
  const deleted = await run(test, [{ ...event, user_profile_id: 987_654 }]);
  assert.deepEqual(deleted.results.map(({ outcome }) => outcome), ["discarded"]);
  await bots.db.deleteFrom("zerver_service").execute();
  const none = await run(test, [event]);
  assert.deepEqual(none.results.map(({ outcome }) => outcome), ["done"]);
  assert(await bots.hasRead(event));
});

hookTest("an invalid event is dead-lettered, and the error names the field", async (test) => {
  const event = await test.bots.mention();
  const { failed } = await run(test, [
    { ...event, trigger: "novel" },
    { ...event, message: { ...event.message, sender_id: "4" } },
    { trigger: "mention", user_profile_id: 1 },
  ]);
  assert.deepEqual(failed.map(({ reason }) => reason), ["invalid", "invalid", "invalid"]);
  assert.match(failed[0]?.error.message ?? "", /trigger: invalid_value/);
  assert.match(failed[1]?.error.message ?? "", /message\.sender_id: invalid_type/);
});
