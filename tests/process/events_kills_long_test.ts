/** The event server and the worker of missed mails are killed: nobody misses a message or a mail. */
import assert from "node:assert/strict";
import { type EventsProgram, eventsProgramTest, type Person } from "../fixtures/process/events.ts";
import { basic } from "../fixtures/realtime/event_server.ts";
import { until } from "../fixtures/until.ts";

const MAILS = ["--queue_name", "missedmessage_emails"];
const REGISTER = { event_types: '["message"]', fetch_event_types: '["update_message_flags"]' };

// deno-lint-ignore no-explicit-any -- the test says what it expects
type Answer = any;

async function ask(
  { username, apiKey }: Person,
  url: string,
  method: "GET" | "POST",
  values: Record<string, string>,
): Promise<Answer> {
  const headers = { authorization: basic(username, apiKey) };
  const form = new URLSearchParams(values);
  const response = method === "POST"
    ? await fetch(`${url}/api/v1/register`, { method, headers, body: form })
    : await fetch(`${url}/api/v1/events?${form}`, { headers });
  return await response.json();
}

async function poll(user: Person, url: string, queue_id: string): Promise<Answer> {
  return await ask(user, url, "GET", { queue_id, last_event_id: "-1", dont_block: "true" });
}

/** The messages that are to be mailed, as `user message`. */
async function mails({ db }: EventsProgram): Promise<string[]> {
  const rows = await db.selectFrom("zerver_scheduledmessagenotificationemail")
    .select(["user_profile_id", "message_id"]).execute();
  return rows.map((row) => `${row.user_profile_id} ${row.message_id}`).sort();
}

/** As if so long had passed since the server wrote its queues. */
async function age(folder: string, seconds: number): Promise<void> {
  const path = `${folder}/event_queues.running.json`;
  const queues: [string, Record<string, unknown>][] = JSON.parse(await Deno.readTextFile(path));
  for (const [, queue] of queues) {
    queue.last_connection_time = Number(queue.last_connection_time) - seconds;
  }
  await Deno.writeTextFile(path, JSON.stringify(queues));
}

eventsProgramTest(
  "after kills clients register again and find all, and who does not come back is mailed once",
  async (program) => {
    const { realm } = program;
    const [sam, back, away] = [
      await program.person("sam"),
      await program.person("back"),
      await program.person("away"),
    ];
    const { stream } = await realm.channel("kitchen", [sam.id, back.id, away.id]);
    await program.present([back, away]);
    const send = () => program.send(sam.id, stream, "@**back** and @**away**");

    const before = await program.serve();
    const [backs, aways] = [
      (await ask(back, before.url, "POST", REGISTER)).queue_id,
      (await ask(away, before.url, "POST", REGISTER)).queue_id,
    ];
    const first = await send();
    await until("it is delivered", async () => {
      return (await poll(away, before.url, aways)).events.length === 1;
    });
    before.program.signal("SIGTERM");
    assert.equal((await before.program.end()).code, 0);

    const killed = await program.serve();
    const worker = program.start(...MAILS);
    await killed.program.untilLogged(/^Clients go on with 2 event queues/);
    assert.equal((await poll(back, killed.url, backs)).events.length, 1);
    for (const each of [killed.program, worker]) {
      each.signal("SIGKILL");
      await each.end();
    }
    assert.deepEqual(await mails(program), []);
    const second = await send();
    await age(program.stateDir, 700);

    const next = await program.serve();
    const mailing = program.start(...MAILS);
    assert.equal((await poll(back, next.url, backs)).code, "BAD_EVENT_QUEUE_ID");
    const { max_message_id, unread_msgs } = await ask(back, next.url, "POST", REGISTER);
    assert.equal(max_message_id, second);
    assert.deepEqual(unread_msgs.mentions, [first, second]);
    const expected = [first, second].map((message) => `${away.id} ${message}`);
    const awaysMails = async () =>
      (await mails(program)).filter((mail) => mail.startsWith(`${away.id} `));
    await until("the mails are stored", async () => (await awaysMails()).length === 2);
    for (const each of [next.program, mailing]) {
      each.signal("SIGKILL");
      await each.end();
    }
    await age(program.stateDir, 700);
    const last = await program.serve();
    const draining = program.start(...MAILS);
    const third = await send();
    await until("a later mail is stored", async () => (await awaysMails()).length === 3);
    assert.deepEqual(await awaysMails(), [...expected, `${away.id} ${third}`].sort());
    for (const each of [last.program, draining]) {
      each.signal("SIGTERM");
      assert.equal((await each.end()).code, 0);
    }
    const all = await mails(program);
    assert.deepEqual(all, [...new Set(all)]);
  },
);
