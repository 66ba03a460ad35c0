import assert from "node:assert/strict";
import type { Database } from "../../../../lib/domain/database/database.ts";
import { ServiceHttp } from "../../../../lib/domain/http/service_fetch.ts";
import { MessageSender, wasSent } from "../../../../lib/domain/messages/send/message_sender.ts";
import { restEnd } from "../../../../lib/domain/messages/send/rest_sender.ts";
import { HookServer } from "../../../fixtures/bots/hook_server.ts";
import { TestRealm } from "../../../fixtures/database/realm.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";

const API = "/api/v1/messages";

/** A bot, a user, a channel, and the server's API. */
async function senderOn(db: Database, server: HookServer) {
  const realm = await TestRealm.make(db, "acme");
  const [bot, ada] = [await realm.user("bot", { api_key: "k3y" }), await realm.user("ada")];
  const { stream } = await realm.channel("kitchen", [ada]);
  const lines: string[] = [];
  const published: string[] = [];
  const sender = new MessageSender({
    ctx: {
      log: {
        warn: (message, properties = {}) =>
          void lines.push(message.replace(/\{(\w+)\}/g, (_, key) => `${properties[key]}`)),
      },
      publish: (queue) => Promise.resolve(void published.push(queue)),
    },
    site: {
      externalHost: "zulip.example",
      scheme: "https://",
      zulipSite: server.url("/"),
    },
    http: (host) => new ServiceHttp({ name: "Zulip", hosts: [host] }),
  });
  const message = { senderId: bot, content: "Rain.", client: "OutgoingWebhookResponse" };
  const inTopic = {
    ...message,
    to: { kind: "channel", streamId: stream, topic: "lunch" },
  } as const;
  const direct = { ...message, to: { kind: "direct", userIds: [ada, bot] } } as const;
  const stored = async () =>
    (await db.selectFrom("zerver_message").select("content").execute()).map(({ content }) =>
      content
    );
  return { sender, lines, published, stream, ada, bot, inTopic, direct, stored };
}

domainTest(
  "a message is stored in a database of its own, once, and posted to a Zulip server",
  async (db, { kind }) => {
    await using server = new HookServer();
    server.answer(API, { result: "success", id: 42, msg: "" });
    const { stream, ada, bot, inTopic, direct, stored, ...all } = await senderOn(db, server);
    await using sender = all.sender;
    const once = { messages: [inTopic, direct], queue: "q", id: "1" };
    assert.equal(await sender.send(db, once), true);
    if (kind === "own") {
      assert.deepEqual(server.requests, []);
      assert.deepEqual(await stored(), ["Rain.", "Rain."]);
      assert.deepEqual(all.published, ["notify_tornado", "notify_tornado"]);
      assert.equal(await wasSent(db, "q", "1"), true);
      assert.equal(await sender.send(db, once), false);
      assert.equal((await stored()).length, 2);
      return;
    }
    assert.deepEqual(await stored(), []);
    assert.deepEqual(all.published, []);
    const [first, second, ...others] = server.requests;
    assert(first && second);
    assert.deepEqual(others, []);
    assert.equal(first.headers["authorization"], `Basic ${btoa("bot@example.com:k3y")}`);
    assert.match(first.headers["user-agent"] ?? "", /^OutgoingWebhookResponse\//);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(first.body)), {
      type: "stream",
      to: String(stream),
      topic: "lunch",
      content: "Rain.",
    });
    assert.deepEqual(Object.fromEntries(new URLSearchParams(second.body)), {
      type: "direct",
      to: JSON.stringify([ada, bot]),
      content: "Rain.",
    });
  },
);

domainTest(
  "what a Zulip server refuses is an error, or a warning where it is optional",
  async (db, { kind }) => {
    if (kind === "own") return;
    await using server = new HookServer();
    server.answer(API, { result: "error", msg: "Not authorized to send to channel 'x'" }, 400);
    const { inTopic, ...all } = await senderOn(db, server);
    await using sender = all.sender;
    await assert.rejects(sender.send(db, { messages: [inTopic], queue: "q", id: "1" }), {
      name: "SendError",
      message: "Not authorized to send to channel 'x'",
    });
    assert.deepEqual(all.lines, []);
    const optional = { ...inTopic, isOptional: true };
    await sender.send(db, { messages: [optional, optional], queue: "q", id: "1" });
    assert.equal(sender.notSent, 2);
    assert.equal(
      all.lines.at(-1),
      `A message of the user ${all.bot} was not sent (2 so far): ` +
        "Not authorized to send to channel 'x'\nRain.",
    );
  },
);

domainTest(
  "a Zulip server that does not answer as it should is a warning, and not asked again",
  async (db, { kind }) => {
    if (kind === "own") return;
    await using server = new HookServer();
    server.answer(API, "<html>", 502);
    const { inTopic, ...all } = await senderOn(db, server);
    await using sender = all.sender;
    await sender.send(db, { messages: [inTopic], queue: "q", id: "1" });
    assert.equal(server.requests.length, 1);
    assert.match(all.lines.join(), /was not sent \(1 so far\): the server answered 502\nRain\./);
  },
);

const ANSWERS: readonly [status: number, body: string, end: Record<string, unknown>][] = [
  [200, '{"result":"success","id":42}', { kind: "sent", id: 42 }],
  [200, "{}", { kind: "unknown", reason: "the server answered 200", mayTryAgain: false }],
  [400, '{"msg":"No"}', { kind: "refused", reason: "No" }],
  [401, "", { kind: "refused", reason: "the server answered 401" }],
  [408, "", { kind: "unknown", reason: "the server answered 408", mayTryAgain: true }],
  [429, '{"msg":"Slow","retry-after":2.5}', {
    kind: "unknown",
    reason: "Slow",
    mayTryAgain: true,
    waitMs: 2500,
  }],
  [429, '{"msg":"Slow","retry-after":60}', {
    kind: "unknown",
    reason: "Slow",
    mayTryAgain: false,
    waitMs: 60_000,
  }],
  [500, "", { kind: "unknown", reason: "the server answered 500", mayTryAgain: false }],
];

Deno.test("what an answer of the API means", () => {
  for (const [status, text, end] of ANSWERS) {
    assert.deepEqual(restEnd({ status, headers: {}, text }), end);
  }
});
