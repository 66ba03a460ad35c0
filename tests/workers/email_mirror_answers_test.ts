import assert from "node:assert/strict";
import { eachDatabaseTest, inFolder } from "../domain/database/each_database.ts";
import { mime, plain } from "../fixtures/mirror/mime.ts";
import { MirrorRealm } from "../fixtures/mirror/mirror_realm.ts";

function answerTest(name: string, fn: (mirror: MirrorRealm) => Promise<void>): void {
  eachDatabaseTest(
    name,
    ({ open }) =>
      inFolder(async (uploads) => await fn(await MirrorRealm.make(await open(), uploads))),
  );
}

const ANSWER = () =>
  mime({ Subject: "Re: #kitchen" }, plain("Yes.\n\nOn 30/11/2026 10:12, Zulip wrote:\n> Lunch?"));

async function timesUsed({ db }: MirrorRealm): Promise<number[]> {
  const rows = await db.selectFrom("zerver_missedmessageemailaddress").select("times_used")
    .execute();
  return rows.map(({ times_used }) => times_used);
}

answerTest(
  "an answer goes to the topic, the group or the user, as often as one comes",
  async (mirror) => {
    const { realm, ids: { ada, ben, cy } } = mirror;
    const group = await realm.directGroup([ada, ben, cy]);
    const { recipient_id: personal } = await mirror.db.selectFrom("zerver_userprofile")
      .select("recipient_id").where("id", "=", ada).executeTakeFirstOrThrow();
    assert(personal !== null);
    const messages = [
      await realm.message(ben, mirror.recipient, [ada], { subject: "lunch" }),
      await realm.message(ben, group, [ada]),
      await realm.message(ben, personal, [ada]),
    ];
    for (const message of messages) {
      const address = await mirror.replyAddress(ada, message);
      const { logs } = await mirror.mirror(ANSWER(), address);
      assert.match(logs.join(), /^info Successfully processed email from user \d+ to \w+/);
    }
    const sent = await mirror.messages();
    assert.deepEqual(sent.map(({ sender, content }) => [sender, content]), [
      ...[[ada, "Yes."], [ada, "Yes."], [ada, "Yes."]],
    ]);
    assert.deepEqual(sent.slice(0, 2).map(({ recipient }) => recipient), [mirror.recipient, group]);
    assert.equal(sent[0]?.topic, "lunch");
    const { type, type_id } = await mirror.db.selectFrom("zerver_recipient").selectAll()
      .where("id", "=", sent[2]?.recipient ?? 0).executeTakeFirstOrThrow();
    assert.deepEqual([type, type_id], [1, ben]);
    assert.deepEqual(await timesUsed(mirror), [1, 1, 1]);
    const again = await mirror.replyAddress(ada, messages[0] ?? 0);
    await mirror.mirror(ANSWER(), again);
    await mirror.mirror(ANSWER(), again);
    assert.equal((await mirror.messages()).length, 5);
  },
);

answerTest("who may not post any more is notified by a direct message", async (mirror) => {
  const { realm, ids: { ada, ben, notifier } } = mirror;
  const message = await realm.message(ben, mirror.recipient, [ada], { subject: "lunch" });
  const address = await mirror.replyAddress(ada, message);
  await mirror.changeChannel({ deactivated: true });
  const mail = ANSWER();
  for (const _ of [1, 2]) await mirror.mirror(mail, address);
  const [notice, ...others] = await mirror.messages();
  assert.deepEqual(others, []);
  assert.equal(notice?.sender, notifier);
  assert.equal(
    notice?.content,
    "Error sending message to channel kitchen via message notification email reply:\n" +
      "Not authorized to send to channel 'kitchen'",
  );
  const readers = await mirror.db.selectFrom("zerver_usermessage").select("user_profile_id")
    .where("message_id", "=", notice?.id ?? 0).orderBy("user_profile_id").execute();
  assert(readers.some(({ user_profile_id }) => user_profile_id === ada));
  assert.deepEqual(await timesUsed(mirror), [1]);
});

answerTest("answers of and to deactivated users become no message", async (mirror) => {
  const { realm, db, ids: { ada, ben } } = mirror;
  const group = await realm.directGroup([ada, ben]);
  const address = await mirror.replyAddress(ada, await realm.message(ben, group, [ada]));
  await db.updateTable("zerver_userprofile").set({ is_active: false }).where("id", "=", ben)
    .execute();
  assert.match(
    (await mirror.mirror(ANSWER(), address)).logs.join(),
    new RegExp(
      `^info Failed to process email from user ${ada}: .*no longer using Zulip`,
    ),
  );
  await db.updateTable("zerver_userprofile").set({ is_active: false }).where("id", "=", ada)
    .execute();
  assert.deepEqual((await mirror.mirror(ANSWER(), address)).logs, [
    "warning Sending user is not active. Ignoring this message notification email.",
  ]);
  assert.deepEqual(await timesUsed(mirror), [2]);
  assert.deepEqual(await mirror.messages(), []);
});

answerTest("what programs answer is dropped", async (mirror) => {
  const { realm, ids: { ada, ben } } = mirror;
  const message = await realm.message(ben, mirror.recipient, [ada], { subject: "lunch" });
  const address = await mirror.replyAddress(ada, message);
  const mail = mime({ "Auto-Submitted": "auto-generated" }, plain("I am on holiday."));
  assert.deepEqual((await mirror.mirror(mail, address)).logs, [
    "info Dropping auto-generated message from X@elsewhere.example",
  ]);
  assert.deepEqual(await timesUsed(mirror), [0]);
});
