/**
 * Mails at once: over one connection one is sent after another, and the next ones are prepared
 * meanwhile.
 *
 * @module
 */

import assert from "node:assert/strict";
import { TestQueue } from "../../lib/testing.ts";
import { toJson } from "../../lib/json/to_json.ts";
import emailSenders from "../../workers/email_senders.ts";
import type { Database } from "../../lib/domain/database/database.ts";
import { type MailTest, mailTest, RESET } from "../fixtures/mail/worker.ts";
import { until } from "../fixtures/until.ts";

const USERS = "zerver_userprofile";
const RECORDS = "insert into process_queue_effect";

/** The database of a test, and a call before each statement that has a text in it. */
function watched({ db }: MailTest, text: string, call: () => void): Database {
  return db.withPlugin({
    transformQuery({ node }) {
      if (JSON.stringify(node).includes(text)) call();
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
}

async function startQueue(
  { options }: MailTest,
  database: Database,
  environment: Record<string, string> = {},
): Promise<TestQueue> {
  const settings = { ...options.environment, ...environment };
  return await TestQueue.start(emailSenders, { database, environment: settings });
}

function resets({ people }: MailTest): object[] {
  return [people.ada, people.charles, people.ada].map((id) => ({ ...RESET, to_user_ids: [id] }));
}

mailTest("mails are prepared while another one is sent over the only connection", async (test) => {
  test.smtp.script({ data: "silent" });
  let looked = 0;
  await using queue = await startQueue(test, watched(test, USERS, () => looked++));
  await queue.publish(...resets(test));
  await until("all recipients are looked up", () => looked === 3);
  await test.smtp.mails(1);
  assert.deepEqual(await test.states(), ["started"]);
});

mailTest("a mail is recorded as started when the one before it was answered", async (test) => {
  const received: number[] = [];
  const note = () => received.push(test.smtp.received().length);
  await using queue = await startQueue(test, watched(test, RECORDS, note));
  await queue.publish(...resets(test));
  await queue.settled();
  assert.deepEqual(received, [0, 1, 2]);
  assert.deepEqual(queue.results.map(({ outcome }) => outcome), ["done", "done", "done"]);
});

mailTest("where no mail can be sent, those that wait try nothing", async (test) => {
  test.smtp.script({ sender: "550 5.7.1 Blocked" });
  let begun = 0;
  await using queue = await startQueue(test, watched(test, RECORDS, () => begun++));
  await queue.publish(...resets(test));
  await queue.idle();
  assert.equal(queue.waitingFor, "SMTP");
  assert.equal(begun, 1);
  test.smtp.script({});
  await queue.advance(5_000);
  await queue.settled();
  assert.equal((await test.smtp.mails(3)).length, 3);
});

mailTest("a mail for which those before it take too long waits, uncounted", async (test) => {
  test.smtp.script({ data: "silent" });
  const limits = { PQ_EMAIL_SENDERS_MAX_CONSUME_SECONDS: "2", ABORT_GRACE_SECONDS: "0" };
  await using queue = await startQueue(test, test.db, limits);
  await queue.publish(...resets(test).slice(1));
  await until("one has given up its turn", () => queue.results.length > 0);
  const [{ outcome, counted, error } = assert.fail()] = queue.results;
  assert.deepEqual([outcome, counted], ["retried", false]);
  assert.equal(error?.message, "the mails before it take long");
  assert.deepEqual(await test.states(), ["started"]);
});

mailTest("two events of one id at once are one mail, also over two connections", async (test) => {
  await using queue = await startQueue(test, test.db, { PQ_EMAIL_SENDERS_CONCURRENCY: "2" });
  const [event] = resets(test);
  const publish = () => queue.broker.publish("email_senders", toJson(event), { messageId: "m1" });
  await Promise.all([publish(), publish()]);
  await queue.settled();
  assert.deepEqual(queue.results.map(({ outcome }) => outcome), ["done", "done"]);
  assert.equal((await test.smtp.mails(1)).length, 1);
});
