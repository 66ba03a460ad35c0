import assert from "node:assert/strict";
import type { People } from "../fixtures/mail/people.ts";
import { mailTest, RESET } from "../fixtures/mail/worker.ts";
import { TestQueue } from "../../lib/testing.ts";
import emailSenders from "../../workers/email_senders.ts";

mailTest("bots and users without an address get no mail", async (test) => {
  const { bot, nobody } = test.people;
  assert.equal((await test.run({ to_user_ids: [bot, nobody] })).outcome, "discarded");
  assert.equal(test.smtp.received().length, 0);
});

const DEAD: readonly (readonly [string, (people: People) => Record<string, unknown>, RegExp])[] = [
  [
    "of users of two realms",
    ({ ada, grace }) => ({ to_user_ids: [ada, grace] }),
    /^The users of one mail must be of one realm, and are of \d+, \d+$/,
  ],
  [
    "to nobody",
    () => ({}),
    /^The event has neither to_user_ids nor to_emails: it must name a recipient$/,
  ],
  [
    "to a user who does not exist",
    () => ({ to_user_ids: [4711] }),
    /^The database has no user 4711, to whom the mail goes$/,
  ],
  [
    "for a realm that does not exist",
    () => ({ to_emails: ["a@people.example"], realm_id: 4711 }),
    /^The database has no realm 4711, which the mail is for$/,
  ],
  [
    "of a template that does not exist",
    () => ({ to_emails: ["a@people.example"], template_prefix: "zerver/emails/pasword_reset" }),
    /^there is no mail template zerver\/emails\/pasword_reset.*password_reset/s,
  ],
  [
    "without a key of its template",
    () => ({ to_emails: ["a@people.example"], context: {} }),
    /^the mail template password_reset needs .*realm_name/,
  ],
  [
    "whose address would add a header",
    () => ({ to_emails: ["a@people.example>\r\nRCPT TO:<evil@people.example"] }),
    /^The address of recipient 1 is not valid: it has the control character U\+000D$/,
  ],
  [
    "whose sender's name would add a header",
    ({ ada }) => ({ to_user_ids: [ada], from_name: "Zulip\r\nBcc: evil@people.example" }),
    /^The name of the sender has the control character U\+000D$/,
  ],
  [
    "with a date that is none",
    ({ ada }) => ({ to_user_ids: [ada], date: "yesterday" }),
    /^The date of the mail is not valid/,
  ],
];

for (const [title, event, message] of DEAD) {
  mailTest(`a mail ${title} is dead-lettered at once`, async (test) => {
    const { outcome, reason, error } = await test.run(event(test.people));
    assert.equal(outcome, "failed");
    assert.equal(reason, "fail");
    assert.match(error?.message ?? "", message);
    assert.equal(test.smtp.received().length, 0);
  });
}

mailTest("an event with a key that the worker does not know is invalid", async (test) => {
  const { outcome, reason } = await test.run({
    to_user_ids: [test.people.ada],
    cc: ["x@y.example"],
  });
  assert.deepEqual([outcome, reason], ["failed", "invalid"]);
});

mailTest(
  "an SMTP server that is away makes the queue wait, and its event is not counted",
  async (test) => {
    const event = { to_user_ids: [test.people.ada] };
    const { outcome } = await test.run(event, { environment: { EMAIL_PORT: "1" } });
    assert.equal(outcome, "paused");
    assert.deepEqual(await test.states(), []);
  },
);

mailTest(
  "a login that is refused makes the queue wait, and the reason names the setting",
  async (test) => {
    test.smtp.script({ login: { user: "zulip", password: "right" } });
    const { outcome, error } = await test.run({ to_user_ids: [test.people.ada] }, {
      environment: { EMAIL_HOST_USER: "zulip", EMAIL_HOST_PASSWORD: "wr0ng-w0rd" },
    });
    assert.equal(outcome, "paused");
    assert.match(error?.stack ?? "", /refuses the login .*: correct EMAIL_HOST_USER/);
    assert(!JSON.stringify(error).includes("wr0ng-w0rd"));
  },
);

mailTest("a mail that is refused for now is dead-lettered when patience is over", async (test) => {
  test.smtp.script({ recipients: { "ada@people.example": "450 4.2.0 Greylisted" } });
  const worker = { ...emailSenders, patienceSeconds: 600 };
  await using queue = await TestQueue.start(worker, test.options);
  await queue.publish({ ...RESET, to_user_ids: [test.people.ada] });
  await queue.settled();
  const [letter] = await queue.failed();
  assert.deepEqual([letter?.reason, letter?.attempts], ["waited too long", 1]);
  assert.match(
    letter?.error.message ?? "",
    /does not take it now: <recipient 1> 450 4\.2\.0 Greylisted \(given up after \d+ min of waiting\)$/,
  );
  assert.deepEqual(test.smtp.received(), []);
});
