import assert from "node:assert/strict";
import { openTestDatabase } from "process-queue/testing";
import { inFolder } from "../domain/database/each_database.ts";
import { html, mime, plain } from "../fixtures/mirror/mime.ts";
import { ADDRESS, MirrorRealm, TOKEN } from "../fixtures/mirror/mirror_realm.ts";

function mirrorTest(name: string, fn: (mirror: MirrorRealm) => Promise<void>): void {
  Deno.test(name, () =>
    inFolder(async (uploads) => {
      await using db = await openTestDatabase();
      await fn(await MirrorRealm.make(db, uploads));
    }));
}

const HELLO = plain("Hello\n\nOn 30/11/2026 10:12, Ada wrote:\n> Lunch?\n\n--\nCara");

mirrorTest("a mail to a channel's address is a message of the gateway's bot", async (mirror) => {
  const { outcome, logs, published } = await mirror.mirror(mime({ Subject: "Re: Lunch" }, HELLO));
  assert.equal(outcome, "done");
  assert.deepEqual(logs, ["info Successfully processed email to kitchen (acme)"]);
  const [message, ...others] = await mirror.messages();
  assert.deepEqual(others, []);
  assert.equal(message?.content, "Hello");
  assert.equal(message?.topic, "Lunch");
  assert.equal(message?.sender, mirror.ids.gateway);
  assert.equal(message?.recipient, mirror.recipient);
  const [notice, ...more] = published;
  assert.deepEqual(more, []);
  assert.equal(notice?.queue, "notify_tornado");
  const { event, users } = notice?.event as Record<string, Record<string, unknown>>;
  assert.equal(event?.["realm_id"], mirror.realm.id);
  assert.equal(event?.["realm_host"], "acme.zulip.example");
  assert.equal(Object.keys(users ?? {}).length, 2);
});

mirrorTest("the options of the address decide what is shown", async (mirror) => {
  const to = `kitchen+${TOKEN}+show-sender.include-footer.include-quotes@in.zulip.example`;
  await mirror.mirror(mime({}, HELLO), to);
  const both = mime(
    { "Content-Type": "multipart/alternative" },
    plain("Hello"),
    html("<b>Hi</b>"),
  );
  await mirror.mirror(both, `${TOKEN}.prefer-html@in.zulip.example`);
  assert.deepEqual((await mirror.messages()).map(({ content }) => content), [
    "**From:** Cara Doe <cara@elsewhere.example>\n\nHello\n\nOn 30/11/2026 10:12, Ada wrote:\n" +
    "> Lunch?\n\n--\nCara",
    "**Hi**",
  ]);
});

mirrorTest("what is quoted stays in a forwarded mail", async (mirror) => {
  await mirror.mirror(mime({ Subject: "FW: Lunch" }, HELLO));
  const [message] = await mirror.messages();
  assert.equal(message?.content, "Hello\n\nOn 30/11/2026 10:12, Ada wrote:\n> Lunch?");
  assert.equal(message?.topic, "Lunch");
});

mirrorTest("long subjects are cut, and without one there is a topic, too", async (mirror) => {
  await mirror.mirror(mime({ Subject: "L" + "u".repeat(80) }, HELLO));
  await mirror.mirror(mime({ Subject: undefined }, HELLO));
  const topics = (await mirror.messages()).map(({ topic }) => topic);
  assert.deepEqual(topics, [`L${"u".repeat(56)}...`, "Email with no subject"]);
});

mirrorTest("in a channel without topics, the subject is in the message", async (mirror) => {
  await mirror.changeChannel({ topics_policy: 4 });
  await mirror.mirror(mime({ Subject: "Re: Lunch" }, HELLO));
  const [message] = await mirror.messages();
  assert.equal(message?.topic, "");
  assert.equal(message?.content, "**Subject:** Lunch\n\nHello");
});

mirrorTest("a mail does not mention a whole channel", async (mirror) => {
  await mirror.mirror(mime({}, plain("@**all** @**Ada** @**topic**")));
  const [message] = await mirror.messages();
  assert.equal(message?.content, "@_**all** @**Ada** @_**topic**");
});

mirrorTest("a mail that comes again is posted once", async (mirror) => {
  const mail = mime({}, HELLO);
  await mirror.mirror(mail);
  const { outcome, logs } = await mirror.mirror(mail);
  assert.equal(outcome, "done");
  assert.deepEqual(logs, ["info The mail was posted before, and is not posted again"]);
  // Its record stays when that of the inbox is deleted after 8 days.
  await mirror.db.deleteFrom("process_queue_inbox").execute();
  await mirror.mirror(mail);
  assert.equal((await mirror.messages()).length, 1);
  await mirror.mirror(mail, `show-sender.${TOKEN}@in.zulip.example`);
  assert.equal((await mirror.messages()).length, 2);
});

mirrorTest("the headers name the recipient where the event does not", async (mirror) => {
  await mirror.mirror(mime({ To: "x@elsewhere.example", Cc: `Zulip <${ADDRESS}>` }, HELLO), null);
  assert.equal((await mirror.messages()).length, 1);
});

mirrorTest("who made the address must be allowed to post", async (mirror) => {
  const nobody = "f".repeat(32);
  await mirror.address({ email_token: nobody, sender_id: mirror.ids.cy });
  await mirror.changeChannel({ invite_only: true });
  const { logs, outcome } = await mirror.mirror(mime({}, HELLO), `${nobody}@in.zulip.example`);
  assert.equal(outcome, "discarded");
  assert.deepEqual(logs, [
    "info Failed to process email to kitchen (acme): Not authorized to send to channel 'kitchen'",
  ]);
  await mirror.mirror(mime({}, HELLO));
  assert.equal((await mirror.messages()).length, 1);
});

const MISADDRESSED: readonly (readonly [to: string | null, log: string])[] = [
  [
    `kitchen.${"0".repeat(32)}@in.zulip.example`,
    `To: ${"X".repeat(40)}@in.zulip.example <Invalid address>\nBad stream token from email ` +
    `recipient ${"X".repeat(40)}@in.zulip.example <Invalid address>`,
  ],
  [
    `mm${"0".repeat(32)}@in.zulip.example`,
    `To: ${"X".repeat(34)}@in.zulip.example <Missed message address>\nZulip notification reply ` +
    "address is invalid.",
  ],
  [
    "kitchen@zulip.example",
    "To: XXXXXXX@zulip.example <Invalid address>\nAddress not recognized by gateway.",
  ],
];

for (const [to, log] of MISADDRESSED) {
  mirrorTest(`a mail to nobody is an error without the address: ${to}`, async (mirror) => {
    const { outcome, logs } = await mirror.mirror(mime({}, HELLO), to);
    assert.equal(outcome, "discarded");
    assert.deepEqual(logs, [`error Sender: X@elsewhere.example\n${log}`]);
    assert.deepEqual(await mirror.messages(), []);
  });
}

mirrorTest("a revoked address, or one of a deactivated realm, is not valid", async (mirror) => {
  await mirror.db.updateTable("zerver_channelemailaddress").set({ deactivated: true }).execute();
  assert.match((await mirror.mirror(mime({}, HELLO))).logs[0] ?? "", /Bad stream token/);
  await mirror.db.updateTable("zerver_channelemailaddress").set({ deactivated: false }).execute();
  await mirror.db.updateTable("zerver_realm").set({ deactivated: true }).execute();
  assert.match((await mirror.mirror(mime({}, HELLO))).logs[0] ?? "", /Bad stream token/);
});

const NO_MESSAGES: readonly (readonly [Record<string, string>, log: string])[] = [
  [
    { "Auto-Submitted": "auto-replied" },
    "info Dropping auto-replied message from X@elsewhere.example",
  ],
  [{ "Return-Path": "<>" }, "info Dropping bounced message from X@elsewhere.example"],
  [
    { "List-Id": "Acme <acme.zulip.example>" },
    "info Dropping own message from X@elsewhere.example",
  ],
];

for (const [headers, log] of NO_MESSAGES) {
  mirrorTest(`mails of programs are dropped: ${Object.keys(headers)}`, async (mirror) => {
    assert.deepEqual((await mirror.mirror(mime(headers, HELLO))).logs, [log]);
    assert.deepEqual(await mirror.messages(), []);
  });
}

mirrorTest("a mail that cannot be read is a dead letter", async (mirror) => {
  const open = Array.from(
    { length: 300 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  );
  const { outcome, error } = await mirror.mirror(new TextEncoder().encode(open.join("")));
  assert.equal(outcome, "failed");
  assert.match(error?.message ?? "", /^The mail cannot be read: /);
});
