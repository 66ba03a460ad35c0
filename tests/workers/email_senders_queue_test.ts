/**
 * Mails of events without a `message_id`, as Zulip publishes them: an event that goes back to its
 * queue has another id when it comes again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { TestQueue } from "../../lib/testing.ts";
import { toJson } from "../../lib/json/to_json.ts";
import emailSenders from "../../workers/email_senders.ts";
import { DatabaseError } from "../../lib/domain/database/database_error.ts";
import { type MailTest, mailTest, RESET } from "../fixtures/mail/worker.ts";

async function startQueue(test: MailTest): Promise<TestQueue> {
  return await TestQueue.start(emailSenders, {
    database: test.db,
    environment: {
      EXTERNAL_HOST: "zulip.example",
      EMAIL_HOST: "127.0.0.1",
      EMAIL_PORT: String(test.smtp.ports.plain),
    },
  });
}

async function publish(queue: TestQueue, ...addresses: string[]): Promise<void> {
  for (const address of addresses) {
    const event = { ...RESET, to_emails: [address], language: "en" };
    await queue.broker.publish("email_senders", toJson(event));
  }
  await queue.idle();
}

/** `<address> <outcome>` of each run that was not merely released. */
function runs({ results }: TestQueue): string[] {
  return results.filter(({ outcome }) => outcome !== "released").map(({ event, outcome }) =>
    `${(event as { to_emails: string[] }).to_emails[0]} ${outcome}`
  );
}

mailTest(
  "a server that refuses mail after mail is tried with another mail each time",
  async (test) => {
    test.smtp.script({ data: "554 5.7.1 Blocked" });
    await using queue = await startQueue(test);
    const addresses = Array.from({ length: 22 }, (_, at) => `user${at + 1}@people.example`);
    await publish(queue, ...addresses);
    assert.equal(queue.waitingFor, "SMTP");
    await queue.advance(5_000);
    assert.deepEqual(runs(queue).slice(19), [
      // Those that wait for the connection go back with the one that has it.
      ...["user20@people.example paused", "user21@people.example paused"],
      "user22@people.example paused",
      ...["user20@people.example retried", "user21@people.example paused"],
      "user22@people.example paused",
    ]);
  },
);

mailTest(
  "a mail at which the server ends the connection keeps no other from being sent",
  async (test) => {
    test.smtp.script({ recipients: { "bad@people.example": "421 4.7.0 Not now" } });
    await using queue = await startQueue(test);
    await publish(queue, "bad@people.example", "good@people.example");
    assert.deepEqual(runs(queue), ["bad@people.example retried", "good@people.example done"]);
    assert.equal(queue.results[0]?.counted, false);
  },
);

/** A database that is lost for one statement, once the server has the mail. */
function lostAfterSending({ db, smtp }: MailTest) {
  let isLost = false;
  return db.withPlugin({
    transformQuery({ node }) {
      if (isLost || smtp.received().length === 0) return node;
      isLost = true;
      throw new DatabaseError("unreachable", "the database is away");
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
}

for (
  const [what, charles, outcome] of [
    ["refused another recipient for now", "450 4.2.0 Greylisted", "retried"],
    ["refused another recipient for good", "550 5.1.1 No such user", "failed"],
  ] as const
) {
  mailTest(
    `a mail is sent once where the database is lost after the server ${what}`,
    async (test) => {
      test.smtp.script({ recipients: { "charles@people.example": charles } });
      const event = { to_user_ids: [test.people.ada, test.people.charles] };
      const first = await test.run(event, { database: lostAfterSending(test) });
      assert.equal(first.outcome, outcome, first.error?.message);
      assert.deepEqual(await test.states(), outcome === "failed" ? ["done", "failed"] : ["done"]);
    },
  );
}

mailTest("old records that cannot be deleted make no mail go out twice", async (test) => {
  const database = test.db.withPlugin({
    transformQuery({ node }) {
      if (!JSON.stringify(node).includes("delete from process_queue_effect")) return node;
      throw new DatabaseError("busy", "another process writes");
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const event = { to_user_ids: [test.people.ada] };
  assert.equal((await test.run(event, { database, messageId: "first" })).outcome, "paused");
  assert.equal((await test.run(event, { messageId: "second" })).outcome, "done");
  assert.equal((await test.smtp.mails(1)).length, 1);
});
