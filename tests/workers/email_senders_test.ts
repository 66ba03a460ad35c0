import assert from "node:assert/strict";
import { mailTest, RESET } from "../fixtures/mail/worker.ts";
import { rawHeader, readMail } from "../fixtures/smtp/smtp.ts";

mailTest(
  "a password reset arrives with its link in text and HTML, in the user's language",
  async (test) => {
    const { outcome, error } = await test.run({ to_user_ids: [test.people.ada] });
    assert.equal(outcome, "done", error?.message);
    const [received, ...others] = await test.smtp.mails(1);
    assert(received);
    assert.deepEqual(others, []);
    const mail = await readMail(received);
    assert.deepEqual(mail.to, [{ name: "Ada Lovelace", address: "ada@people.example" }]);
    assert.equal(received.sender, "noreply@zulip.example");
    assert.equal(mail.from?.name, "Zulip Kontosicherheit");
    assert.match(mail.from?.address ?? "", /^noreply-[0-9a-f]{32}@zulip\.example$/);
    assert.match(mail.subject ?? "", /Analytical Engines/);
    assert.equal(rawHeader(received, "Content-Language"), "de");
    assert(mail.text?.includes(RESET.context.reset_url));
    assert(mail.html?.includes(RESET.context.reset_url));
    assert.equal(
      rawHeader(received, "List-Id"),
      "Analytical Engines <engines.zulip.example>",
    );
    assert.equal(rawHeader(received, "X-Auto-Response-Suppress"), "All");
    assert.equal(rawHeader(received, "Reply-To"), undefined);
  },
);

mailTest("a mail to several users is one mail that names all of them", async (test) => {
  const { ada, charles, long } = test.people;
  assert.equal((await test.run({ to_user_ids: [ada, charles, long] })).outcome, "done");
  const [received] = await test.smtp.mails(1);
  assert(received);
  assert.equal(received.recipients.length, 3);
  assert.deepEqual((await readMail(received)).to, [
    { name: "Ada Lovelace", address: "ada@people.example" },
    { name: "Chärles", address: "charles@people.example" },
    { name: "", address: "long@people.example" },
  ]);
});

mailTest("a mail to an address has no name, and no List-Id without a realm", async (test) => {
  const event = { to_emails: ["new@people.example"], language: "en", from_address: null };
  assert.equal((await test.run(event)).outcome, "done");
  const [received] = await test.smtp.mails(1);
  assert(received);
  assert.deepEqual((await readMail(received)).to, [{ name: "", address: "new@people.example" }]);
  assert.equal(rawHeader(received, "List-Id"), undefined);
  assert.equal(rawHeader(received, "Reply-To"), "noreply@zulip.example");
});

mailTest(
  "a mail without a language is written in LANGUAGE_CODE, and the log says so",
  async (test) => {
    const { logs } = await test.run({ to_emails: ["new@people.example"] }, {
      environment: { LANGUAGE_CODE: "de" },
    });
    const [received] = await test.smtp.mails(1);
    assert(received);
    assert.equal(rawHeader(received, "Content-Language"), "de");
    assert(logs.some(({ message }) => message.includes("has no language, so it is written in de")));
  },
);

mailTest(
  "the log says to how many a mail goes, for which realm, and that it was sent",
  async (test) => {
    const { other } = test.people;
    const event = { to_emails: ["new@people.example"], language: "en", realm_id: other };
    const { logs } = await test.run(event);
    const template = "zerver/emails/password_reset";
    assert.deepEqual(logs.map(({ message }) => message), [
      `Sending ${template} to 1 recipient, realm ${other}`,
      `Sent ${template} to 1 recipient`,
    ]);
  },
);

mailTest("a mail of a realm that the event names has the realm's List-Id", async (test) => {
  const { other } = test.people;
  await test.run({ to_emails: ["new@people.example"], language: "en", realm_id: other });
  const [received] = await test.smtp.mails(1);
  assert(received);
  assert.equal(rawHeader(received, "List-Id"), "Zulip Dev <zulip.example>");
});

mailTest("a mail with an unsubscribe link has both headers of unsubscribing", async (test) => {
  const unsubscribe_link = "https://engines.zulip.example/accounts/unsubscribe/login/abc";
  await test.run({
    to_user_ids: [test.people.charles],
    context: { ...RESET.context, unsubscribe_link },
  });
  const [received] = await test.smtp.mails(1);
  assert(received);
  assert.equal(rawHeader(received, "List-Unsubscribe"), `<${unsubscribe_link}>`);
  assert.equal(rawHeader(received, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
});

mailTest("a mail of a remote server cannot be unsubscribed with one click", async (test) => {
  const unsubscribe_link = "https://engines.zulip.example/accounts/unsubscribe/login/abc";
  const context = { ...RESET.context, unsubscribe_link, remote_server_email: true };
  await test.run({ to_user_ids: [test.people.charles], context });
  const [received] = await test.smtp.mails(1);
  assert(received);
  assert.equal(rawHeader(received, "List-Unsubscribe"), `<${unsubscribe_link}>`);
  assert.equal(rawHeader(received, "List-Unsubscribe-Post"), undefined);
});

mailTest("the keys of older servers work: to_user_id and to_email", async (test) => {
  await test.run({ to_user_id: test.people.charles, to_email: null });
  await test.run({ to_email: "new@people.example", language: "en" }, { messageId: "m2" });
  const received = await test.smtp.mails(2);
  assert.deepEqual(received.map(({ recipients }) => recipients[0]).sort(), [
    "charles@people.example",
    "new@people.example",
  ]);
});
