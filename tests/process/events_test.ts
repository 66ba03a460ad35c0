/**
 * The event server with a client that others wrote, zulip-js, and the worker of missed mails behind it.
 */
import assert from "node:assert/strict";
import zulip from "zulip-js";
import { newRow } from "../../lib/domain/database/rows.ts";
import { eventsProgramTest, type Person } from "../fixtures/process/events.ts";
import { until } from "../fixtures/until.ts";

const MAILS = "missedmessage_emails";
const PUSHES = "missedmessage_mobile_notifications";

// deno-lint-ignore no-explicit-any -- zulip-js has no types
type Zulip = any;

async function clientOf({ username, apiKey }: Person, realm: string): Promise<Zulip> {
  return await zulip({ username, apiKey, realm });
}

eventsProgramTest(
  "a message that mentions a group reaches those who are there, and is mailed and pushed to those who are not",
  async (program) => {
    const { db, broker, realm } = program;
    const [sam, online, idle, pushed] = [
      await program.person("sam"),
      await program.person("online"),
      await program.person("idle"),
      await program.person("pushed"),
    ];
    const muting = await program.person("muting");
    const gone = await program.person("gone", { is_active: false });
    const all = [sam, online, idle, pushed, muting, gone].map(({ id }) => id);
    const { stream } = await realm.channel("kitchen", all);
    const group = await program.group("cooks", all.slice(1));
    await program.present([online]);
    await program.present([idle], new Date(Date.now() - 3_600_000));
    await db.insertInto("zerver_muteduser").values({
      ...{ user_profile_id: muting.id, muted_user_id: sam.id, date_muted: new Date() },
    }).execute();
    await db.insertInto("zerver_pushdevicetoken").values(newRow("zerver_pushdevicetoken", {
      ...{ user_id: pushed.id, kind: 2, token: "abc", last_updated: new Date() },
    })).execute();

    const { program: server, url } = await program.serve();
    const worker = program.start("--queue_name", MAILS);
    const clients = await Promise.all(
      [online, idle, muting].map(async (user) => {
        const client = await clientOf(user, url);
        const { queue_id, last_event_id, result } = await client.queues.register({
          ...{ event_types: ["message"], fetch_event_types: ["message"] },
        });
        assert.deepEqual([result, last_event_id], ["success", -1]);
        return { client, params: { queue_id, last_event_id } };
      }),
    );
    const polls = clients.map(({ client, params }) => client.events.retrieve(params));
    await server.until("all polls wait", async () => {
      const response = await fetch(`${url}/health`);
      return (await response.json()).waiting_polls === 3;
    });

    const id = await program.send(sam.id, stream, "@*cooks* who cooks?");
    const answers = await Promise.all(polls);
    assert.deepEqual(answers.map(({ events }) => events.length), [1, 1, 1]);
    assert.deepEqual(answers.map(({ events: [{ message, flags }] }) => [message.id, flags]), [
      [id, ["mentioned"]],
      [id, ["mentioned"]],
      [id, ["read", "mentioned"]],
    ]);
    const [{ events: [{ message }] }] = answers;
    assert.deepEqual([message.content, message.display_recipient], [
      "@*cooks* who cooks?",
      "kitchen",
    ]);

    const rows = () =>
      db.selectFrom("zerver_scheduledmessagenotificationemail")
        .select(["user_profile_id", "message_id", "trigger", "mentioned_user_group_id"])
        .orderBy("user_profile_id").execute();
    await until("the mails are stored", async () => (await rows()).length >= 2);
    assert.deepEqual(
      await rows(),
      [idle, pushed].map((user) => ({
        ...{ user_profile_id: user.id, message_id: id, trigger: "mentioned" },
        mentioned_user_group_id: group,
      })),
    );
    const pushes = await broker.peek(PUSHES, 10);
    assert.deepEqual(pushes.map(({ properties }) => properties.messageId), [
      `push:${pushed.id}:${id}`,
    ]);
    assert.deepEqual(JSON.parse(new TextDecoder().decode(pushes[0]?.body)), {
      ...{ user_profile_id: pushed.id, message_id: id, trigger: "mentioned", type: "add" },
      mentioned_user_group_id: group,
    });

    const [first] = clients;
    server.signal("SIGTERM");
    assert.equal((await server.end()).code, 0);
    const { url: next } = await program.serve();
    const again = await clientOf(online, next);
    const params = { ...first?.params, last_event_id: 0, dont_block: true };
    assert.deepEqual((await again.events.retrieve(params)).events, []);
    const left = await again.queues.deregister({ queue_id: first?.params.queue_id });
    assert.equal(left.result, "success");
    assert.equal((await again.events.retrieve(params)).code, "BAD_EVENT_QUEUE_ID");
    worker.signal("SIGTERM");
    assert.equal((await worker.end()).code, 0);
    assert.equal((await rows()).length, 2);
  },
);
