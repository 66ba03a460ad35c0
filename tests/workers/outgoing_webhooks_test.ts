import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { hookTest, run } from "../fixtures/bots/hook_test.ts";

hookTest("a mention is answered in its topic, by the bot", async (test) => {
  const { server, bots } = test;
  server.answer("/1", { content: "Rain, **all** day." });
  const event = await bots.mention();
  const { results, published } = await run(test, [event]);
  assert.deepEqual(results.map(({ outcome }) => outcome), ["done"]);
  const [request, ...others] = server.requests;
  assert(request);
  assert.deepEqual(others, []);
  assert.equal(JSON.parse(request.body).message.id, event.message.id);
  assert.match(request.headers["user-agent"] ?? "", /^ZulipOutgoingWebhook\//);
  assert.deepEqual(await bots.sent(), [{
    sender: bots.bot,
    recipient: bots.recipient,
    topic: "lunch",
    content: "Rain, **all** day.",
    client: "OutgoingWebhookResponse",
  }]);
  assert(await bots.hasRead(event));
  const notices = published.map(({ queue, event }) => [queue, (event as Notice).event.type]);
  assert.deepEqual(notices, [
    ["notify_tornado", "update_message_flags"],
    ["notify_tornado", "message"],
  ]);
});

interface Notice {
  readonly event: { readonly type: string };
}

hookTest("a direct message is answered to all who take part in it", async (test) => {
  const { server, bots } = test;
  server.answer("/1", { response_string: "Rain." });
  await run(test, [await bots.direct()]);
  const [sent] = await bots.sent();
  const ada = await bots.db.selectFrom("zerver_userprofile").select("recipient_id")
    .where("id", "=", bots.ada).executeTakeFirst();
  assert.equal(sent?.recipient, ada?.recipient_id);
  assert.equal(sent?.content, "Rain.");
});

const SILENT = ['""', "{}", '{"response_not_required":true,"content":"x"}', '{"content":"  "}'];

hookTest("a service that has nothing to say says nothing", async (test) => {
  for (const body of SILENT) {
    test.server.answer("/1", body);
    const event = await test.bots.mention();
    const { results } = await run(test, [event]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ["done"], body);
    assert(await test.bots.hasRead(event));
  }
  assert.deepEqual(await test.bots.sent(), []);
});

hookTest("of three services only the one that fails is called again", async (test) => {
  const { server, bots } = test;
  for (const path of ["/1", "/3"]) server.answer(path, { content: `says ${path}` });
  server.answers.set(
    "/2",
    (_, count) =>
      count <= 2 ? new Response("", { status: 500 }) : Response.json({ content: "says /2" }),
  );
  await run(test, [await bots.mention()]);
  const calls = ["/1", "/2", "/3"].map((path) => server.of(path).length);
  assert.deepEqual(calls, [1, 3, 1]);
  assert.deepEqual(await bots.said(), ["says /1", "says /3", "says /2"]);
}, 3);

hookTest("an event that comes again calls nothing again", async (test) => {
  const { server, bots } = test;
  server.answer("/1", { content: "Rain." });
  const event = await bots.mention();
  await run(test, [event, event]);
  await run(test, [event]);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(await bots.said(), ["Rain."]);
});

hookTest("a call whose reply was sent before a crash is not made again", async (test) => {
  const { server, bots } = test;
  server.answer("/1", { content: "Rain." });
  const event = await bots.mention();
  await run(test, [event]);
  const long = { state: "started", owner: "another", at: 1 };
  await bots.db.updateTable("process_queue_effect").set(long).execute();
  await run(test, [event]);
  assert.equal(server.requests.length, 1);
});

hookTest(
  "a call of which nobody knows whether it was made is made again, with a warning",
  async (test) => {
    const { server, bots } = test;
    server.answer("/1", "{}");
    const event = await bots.mention();
    await run(test, [event]);
    const long = { state: "started", owner: "another", at: 1 };
    await bots.db.updateTable("process_queue_effect").set(long).execute();
    const { logs } = await run(test, [event]);
    assert.equal(server.requests.length, 2);
    assert(logs.some((line) => /^warning .* maybe a second time/.test(line)), logs.join("\n"));
  },
);

hookTest("requests are signed where there is a secret", async (test) => {
  const { server, bots } = test;
  await run(test, [await bots.mention()], { OUTGOING_SIGNING_SECRET: "s3cret" });
  const [request] = server.requests;
  assert(request);
  const found = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
    request.headers["process-queue-signature"] ?? "",
  );
  assert(found);
  const signed = createHmac("sha256", "s3cret").update(`${found[1]}.${request.body}`);
  assert.equal(found[2], signed.digest("hex"));
});

hookTest(
  "a direct message to a service of Slack's format is reported in the chat only",
  async (test) => {
    const { server, bots } = test;
    await bots.db.updateTable("zerver_service").set({ interface: 2 }).execute();
    await run(test, [await bots.direct()]);
    assert.equal(server.requests.length, 0);
    assert.deepEqual((await bots.sent()).map(({ content }) => content), [
      "Failure! Slack outgoing webhooks don't support direct messages.",
    ]);
    server.answer("/1", { text: "Rain." });
    await run(test, [await bots.mention()]);
    assert.deepEqual(await bots.said(), ["Rain."]);
  },
);
