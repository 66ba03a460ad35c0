import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import { openDatabase } from "../../../lib/domain/database/database.ts";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { exitCodeOf, runMirrorPipe } from "../../../lib/modes/mirror_server/pipe.ts";
import { REPLY } from "../../../lib/modes/mirror_server/replies.ts";
import { addMirrorRows, CHANNEL, CLOSED_CHANNEL } from "../../fixtures/mirror_server/server.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";

const channel = `${CHANNEL}@mirror.example`;

Deno.test("email-mirror-pipe publishes a mail, or exits as sysexits.h says and prints why", async () => {
  await withFolder(async (folder) => {
    const DATABASE_URL = `sqlite:${folder}/test.sqlite`;
    {
      await using db = await openDatabase(DATABASE_URL);
      await addMirrorRows(db);
    }
    const broker = new MemoryBroker();
    const pipe = async (recipient: string, mail: string, env: Record<string, string> = {}) => {
      const printed: string[] = [];
      const settings = { DATABASE_URL, EMAIL_GATEWAY_PATTERN: "%s@mirror.example", ...env };
      const code = await runMirrorPipe({ recipient }, loadConfig(settings), {
        openBroker: () => Promise.resolve(broker),
        print: (line) => printed.push(line),
        warn: (line) => printed.push(`warning: ${line}`),
        input: ReadableStream.from([new TextEncoder().encode(mail)]),
      });
      return [code, ...printed];
    };
    const mail = "Message-ID: <1@example.com>\n\nÄ\n";
    assert.deepEqual(await pipe(channel, mail), [0]);
    const [event] = await broker.peek("email_mirror", 2);
    const { rcpt_to, msg_base64 } = JSON.parse(new TextDecoder().decode(event?.body));
    const bytes = Uint8Array.from(atob(msg_base64), (byte) => byte.charCodeAt(0));
    assert.deepEqual([rcpt_to, new TextDecoder().decode(bytes)], [channel, mail]);
    const bad = "5.1.1 Bad destination mailbox address: Bad stream token from email recipient";
    assert.deepEqual(await pipe("nobody@mirror.example", mail), [67, bad]);
    assert.deepEqual(await pipe(`${CLOSED_CHANNEL}@mirror.example`, mail), [
      77,
      "5.7.1 Permission denied: Not authorized to send to channel 'closed'",
    ]);
    assert.deepEqual(await pipe(channel, "x".repeat(1025), { MIRROR_MAX_BYTES: "1024" }), [
      65,
      "5.3.4 The mail is too large: at most 1024 bytes are taken",
    ]);
    assert.deepEqual(await pipe(channel, "Received: a\n".repeat(101)), [
      65,
      "5.4.6 Too many hops: the mail is in a loop",
    ]);
    broker.publish = () => Promise.reject(new BrokerError("refused", "The broker is full"));
    assert.deepEqual(await pipe(channel, mail), [
      75,
      "warning: A mail was not accepted, as its event was not confirmed: the client sends it " +
      "again: The broker is full",
      "4.3.0 The mail could not be queued, try again later",
    ]);
    assert.deepEqual(await pipe("postmaster", mail), [75, REPLY.noPostmaster.text]);
    const lost = await pipe(channel, mail, { DATABASE_URL: "postgres://127.0.0.1:1/zulip" });
    assert.deepEqual([lost[0], lost[2]], [75, REPLY.noDatabase.text]);
  });
});

Deno.test("exitCodeOf asks the mail server to try again exactly for what is temporary", () => {
  for (const reply of Object.values(REPLY)) {
    const expected = reply.code < 400 ? 0 : reply.code < 500 ? 75 : 65;
    assert.equal(exitCodeOf(reply), expected, reply.text);
  }
});
