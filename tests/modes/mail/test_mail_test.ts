import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import type { SendResult } from "../../../lib/domain/mail/outcome.ts";
import { conclusion, runMailTest } from "../../../lib/modes/mail/test_mail.ts";
import { freePort } from "../../../scripts/private_server.ts";
import { PLAIN, withTemplates } from "../../fixtures/mail/templates.ts";
import { readMail, type SmtpFixture, smtpTest } from "../../fixtures/smtp/smtp.ts";
import { MemoryServices } from "../memory_services.ts";

type Command = Partial<Parameters<typeof runMailTest>[0]>;

const LOGIN = { EMAIL_HOST_USER: "zulip", EMAIL_HOST_PASSWORD: "s3cret-w0rd" };

/** Runs the command. @returns Its exit code and the lines that it printed. */
async function mailTest(port: number, environment: Record<string, string>, command: Command = {}) {
  const services = new MemoryServices();
  const config = loadConfig({
    EXTERNAL_HOST: "chat.example",
    EMAIL_HOST: "127.0.0.1",
    EMAIL_PORT: String(port),
    ...environment,
  });
  const whole = { address: "ada@people.example", template: undefined, language: undefined };
  const code = await runMailTest({ ...whole, ...command }, config, services);
  return { code, lines: services.printed };
}

/** Runs a function with the settings of a connection by STARTTLS to the test's server. */
async function withTls(
  { ca }: SmtpFixture,
  fn: (environment: Record<string, string>) => Promise<void>,
): Promise<void> {
  const caFile = await Deno.makeTempFile({ prefix: "pq-mail-ca-" });
  try {
    await Deno.writeTextFile(caFile, ca);
    await fn({ EMAIL_USE_TLS: "true", EMAIL_CA_FILE: caFile });
  } finally {
    await Deno.remove(caFile);
  }
}

smtpTest("mail test warns of a password without encryption", async (smtp) => {
  const environment = { ...LOGIN, EMAIL_HOST: "0.0.0.0" };
  const { lines } = await mailTest(smtp.ports.plain, environment);
  assert.equal(
    lines[0],
    "warning: the password goes to 0.0.0.0 without encryption: set EMAIL_USE_TLS, or EMAIL_USE_SSL",
  );
});

smtpTest(
  "mail test shows the whole conversation in its order, without the password",
  async (smtp) => {
    smtp.script({ login: { user: "zulip", password: "s3cret-w0rd" } });
    const { startTls } = smtp.ports;
    await withTls(smtp, async (environment) => {
      const { code, lines } = await mailTest(startTls, { ...environment, ...LOGIN });
      const text = lines.join("\n");
      const accepted = `127.0.0.1:${startTls} accepted the mail: 250 OK: message queued`;
      assert.equal(code, 0, text);
      let from = 0;
      for (
        const step of [
          `connection: Connecting to 127.0.0.1:${startTls}, with STARTTLS (EMAIL_USE_TLS)\n`,
          `connection: Connection established to 127.0.0.1:${startTls}\n`,
          "server: 220 ",
          "client: EHLO chat.example\n",
          "client: STARTTLS\n",
          "connection: Encrypted with TLSv1.3, certificate of 127.0.0.1, localhost, valid until 2",
          "client: AUTH PLAIN ***\n",
          "client: MAIL FROM:<noreply@chat.example>",
          "client: RCPT TO:<recipient 1>\n",
          "client: DATA\n",
          "client: (the mail, and the dot that ends it)\n",
          accepted,
        ]
      ) {
        const at = text.indexOf(step, from);
        assert(at >= 0, `${step} after ${text.slice(0, from)}`);
        from = at + step.length;
      }
      assert.equal(lines.at(-1), accepted);
      for (const secret of ["s3cret", btoa("\0zulip\0s3cret-w0rd")]) assert(!text.includes(secret));
    });
  },
);

smtpTest("mail test sends a text of its own", async (smtp) => {
  await mailTest(smtp.ports.plain, {});
  const [mail] = await smtp.mails(1);
  assert(mail);
  assert.deepEqual([mail.sender, mail.recipients], ["noreply@chat.example", [
    "ada@people.example",
  ]]);
  const { subject, text, html, from } = await readMail(mail);
  assert.equal(subject, "Test mail from chat.example");
  assert.match(text ?? "", /^This is a test of the mails of chat\.example\./);
  assert.match(html ?? "", /<p>This is a test of the mails of chat\.example\./);
  assert.equal(from?.address, "noreply@chat.example");
});

smtpTest(
  "mail test sends the sample of a template in a language, marked as a test",
  async (smtp) => {
    await mailTest(smtp.ports.plain, {}, { template: "two_factor_code", language: "de" });
    await withTemplates(
      { ...PLAIN, "plain.json": `{ "samples": { "one": { "name": "Ann" } } }` },
      async (_, folder) => {
        await mailTest(smtp.ports.plain, { TEMPLATES_DIR: folder }, { template: "plain" });
      },
    );
    const mails = await Promise.all((await smtp.mails(2)).map(readMail));
    assert.deepEqual(mails.map(({ subject }) => subject), [
      "Test: Dein Zulip-Anmeldecode",
      "Test: Ann",
    ]);
  },
);

smtpTest(
  "mail test ends with 1 and the setting to correct where the login is wrong",
  async (smtp) => {
    smtp.script({ login: { user: "zulip", password: "another" } });
    const { code, lines } = await mailTest(smtp.ports.plain, LOGIN);
    assert.equal(code, 1);
    assert.match(
      lines.at(-1) ?? "",
      /refuses the login \(535 .*\): correct EMAIL_HOST_USER and EMAIL_HOST_PASSWORD$/,
    );
  },
);

Deno.test("mail test ends with 1 where nobody listens, and says what to check", async () => {
  const port = freePort();
  const { code, lines } = await mailTest(port, {});
  assert.equal(code, 1);
  const last = lines.at(-1) ?? "";
  assert(last.startsWith(`The connection to 127.0.0.1:${port} failed (`), last);
  assert(
    last.endsWith(
      "): check EMAIL_HOST and EMAIL_PORT, that the server runs, and that firewalls let this " +
        "machine reach it",
    ),
    last,
  );
});

const MISTAKES: readonly [
  Command,
  Record<string, string>,
  { name: string; message: string | RegExp },
][] = [
  [{}, { EMAIL_HOST: "" }, {
    name: "MailSettingError",
    message: "EMAIL_HOST is not set: set it to the SMTP server",
  }],
  [{ address: "ada" }, {}, {
    name: "UsageError",
    message: /^The address of ada is not valid: /,
  }],
  [{ template: "digset" }, {}, {
    name: "UsageError",
    message: /^there is no mail template digset; did you mean digest\?/,
  }],
];

for (const [command, environment, expected] of MISTAKES) {
  Deno.test(`mail test does not connect with ${JSON.stringify({ ...command, ...environment })}`, async () => {
    await assert.rejects(mailTest(25, environment, command), expected);
  });
}

const refused = (isForGood: boolean, isOfMail: boolean, code: number): SendResult => ({
  kind: "answered",
  recipients: [{ kind: "refused", isForGood, isOfMail, code, words: "5.7.1 No" }],
});

const CONCLUSIONS: readonly [SendResult, isAccepted: boolean, sentence: string][] = [
  [
    { kind: "answered", recipients: [{ kind: "accepted" }] },
    true,
    "m:25 accepted the mail: 250 2.0.0 Ok: queued as 4F9",
  ],
  [
    refused(true, false, 550),
    false,
    "m:25 refused the recipient (550 5.7.1 No): try another address, or let the server send to " +
    "other hosts (relay) for this machine or EMAIL_HOST_USER",
  ],
  [
    refused(true, true, 554),
    false,
    "m:25 refused the mail (554 5.7.1 No): its log says more; the sender is NOREPLY_EMAIL_ADDRESS",
  ],
  [
    refused(false, false, 450),
    false,
    "m:25 refused the recipient (450 5.7.1 No): it may take it later, and the workers would try " +
    "again",
  ],
  [
    { kind: "not-sent", cause: "configuration", reason: "m:25 refuses the login: correct it" },
    false,
    "m:25 refuses the login: correct it",
  ],
  [
    { kind: "not-sent", cause: "network", reason: "m:25 does not answer in time" },
    false,
    "m:25 does not answer in time: check EMAIL_HOST and EMAIL_PORT, that the server runs, and that " +
    "firewalls let this machine reach it",
  ],
  [
    { kind: "unknown", reason: "m:25 did not answer to the whole mail" },
    false,
    "m:25 did not answer to the whole mail: the mail may be sent or not; look into the " +
    "recipient's mailbox and the server's log",
  ],
];

for (const [result, isAccepted, sentence] of CONCLUSIONS) {
  Deno.test(`mail test concludes: ${sentence}`, () => {
    assert.deepEqual(
      conclusion(result, "m:25", "250 2.0.0 Ok:\r\n queued as 4F9"),
      { isAccepted, sentence },
    );
  });
}
