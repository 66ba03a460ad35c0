import assert from "node:assert/strict";
import { SMTPServer } from "smtp-server";
import type { SendResult } from "../../../lib/domain/mail/outcome.ts";
import type { SmtpSettings } from "../../../lib/domain/mail/smtp_settings.ts";
import { freePort } from "../../../scripts/private_server.ts";
import { type SmtpFixture, type SmtpScript, smtpTest } from "../../fixtures/smtp/smtp.ts";
import { aMail, settingsFor, TransportUnderTest } from "./mails.ts";

const LOGIN = { user: "zulip", password: "s3cret-w0rd" };
const WRONG_LOGIN = { user: "zulip", password: "wr0ng-w0rd" };

/** What is expected, where `SERVER` stands for the host and port of the settings. */
type Expected = Record<string, unknown> & { readonly reason?: string };

interface Failure {
  readonly title: string;
  readonly script?: SmtpScript;
  readonly settings?: (smtp: SmtpFixture) => Partial<SmtpSettings>;
  readonly result: Expected;
  /** How many mails the server has got. Default: 0. */
  readonly got?: number;
}

const refused = (isForGood: boolean, code: number, words: string) => ({
  kind: "answered",
  recipients: [{ kind: "refused", isForGood, isOfMail: true, code, words }],
});
const network = (reason: string) => ({ kind: "not-sent", cause: "network", reason });
const interrupted = (reason: string) => ({ kind: "not-sent", cause: "interrupted", reason });
const configuration = (reason: string) => ({ kind: "not-sent", cause: "configuration", reason });

const MUST_TAKE = "configure it to take mail of NOREPLY_EMAIL_ADDRESS from this machine";
const CERTIFICATE =
  "EMAIL_HOST must be a name in the certificate, and EMAIL_CA_FILE the authority " +
  "that signed it";

const FAILURES: readonly Failure[] = [
  {
    title: "A server that ends the connection at MAIL FROM is away",
    script: { sender: "421 4.7.0 Too many connections" },
    result: network("SERVER closes the connection (421 4.7.0 Too many connections)"),
  },
  {
    title: "A server that takes no mail of the sender now is away",
    script: { sender: "451 4.7.1 Greylisted" },
    result: network("SERVER takes no mail now (451 4.7.1 Greylisted)"),
  },
  {
    title: "A server that takes no mail of the sender ever has to be configured",
    script: { sender: "550 5.7.1 You are on a block list" },
    result: configuration(
      `SERVER takes no mail from here (550 5.7.1 You are on a block list): ${MUST_TAKE}`,
    ),
  },
  {
    title: "A server whose greeting is a refusal has to be configured",
    script: { connect: "554 5.7.1 No SMTP service here" },
    result: configuration(
      `SERVER takes no mail from here (554 5.7.1 No SMTP service here): ${MUST_TAKE}`,
    ),
  },
  {
    title: "A server whose greeting is that it is busy is away",
    script: { connect: "421 4.3.2 Busy" },
    result: network("SERVER closes the connection (421 4.3.2 Busy)"),
  },
  {
    title: "A server that never greets is away",
    script: { connect: "silent" },
    settings: () => ({ timeoutSeconds: 0.2 }),
    result: network("SERVER does not answer in time"),
  },
  {
    title: "A mail whose connection is cut within DATA was not sent, perhaps because of the mail",
    script: { data: "cut-within" },
    result: interrupted("The connection to SERVER failed (Connection closed unexpectedly)"),
  },
  {
    title: "Nobody knows of a mail whose connection is cut after the final dot",
    script: { data: "cut-after" },
    result: { kind: "unknown", reason: "SERVER did not answer to the whole mail" },
    got: 1,
  },
  {
    title: "Nobody knows of a mail to which the server never answers",
    script: { data: "silent" },
    settings: () => ({ answerSeconds: 0.1 }),
    result: { kind: "unknown", reason: "SERVER did not answer to the whole mail" },
    got: 1,
  },
  {
    title: "A mail that is too large is refused for good, and its links are not repeated",
    script: { data: "552 5.3.4 Too big, see https://zulip.example/read/4711" },
    result: refused(true, 552, "5.3.4 Too big, see <link>"),
  },
  {
    title: "A mail that the server cannot store now is refused for now",
    script: { data: "452 4.3.1 Insufficient storage" },
    result: refused(false, 452, "4.3.1 Insufficient storage"),
  },
  {
    title:
      "A server that goes down at the end of a mail has not taken it, perhaps because of the mail",
    script: { data: "421 4.3.2 Going down" },
    result: interrupted("SERVER closes the connection (421 4.3.2 Going down)"),
  },
  {
    title: "A login that the server refuses has to be configured",
    script: { login: LOGIN },
    settings: () => WRONG_LOGIN,
    result: configuration(
      "SERVER refuses the login (535 5.7.8 Authentication credentials invalid): correct " +
        "EMAIL_HOST_USER and EMAIL_HOST_PASSWORD",
    ),
  },
  {
    title: "A server that asks for a login that is not set has to be configured",
    script: { login: LOGIN },
    result: configuration(
      "SERVER refuses the login (530 5.7.0 Authentication required): correct EMAIL_HOST_USER " +
        "and EMAIL_HOST_PASSWORD",
    ),
  },
  {
    title: "A server whose authority is not known has to be configured",
    settings: () => ({ ca: undefined }),
    result: configuration(
      "The certificate of SERVER is not accepted (unable to verify the first certificate): " +
        CERTIFICATE,
    ),
  },
  {
    title: "A server whose certificate is for another name has to be configured",
    settings: () => ({ host: "127.0.0.2" }),
    result: configuration(
      "The certificate of SERVER is not accepted (Hostname/IP does not match certificate's " +
        "altnames: IP: 127.0.0.2 is not in the cert's list: 127.0.0.1): " + CERTIFICATE,
    ),
  },
  {
    title: "A server without STARTTLS has to be configured, and no mail is sent in the clear",
    settings: ({ ports }) => ({ port: ports.plain }),
    result: configuration(
      "SERVER does not do STARTTLS (500 Error: command not recognized): set EMAIL_USE_TLS to " +
        "false, or EMAIL_USE_SSL to true with its port",
    ),
  },
  {
    title: "A server that does not begin with TLS has to be configured",
    settings: ({ ports }) => ({ port: ports.plain, encryption: "tls" }),
    result: configuration(
      "SERVER does not answer with TLS: set EMAIL_USE_SSL to false and EMAIL_USE_TLS to true, " +
        "or correct EMAIL_PORT",
    ),
  },
  {
    title: "A port that nobody listens on is a server that is away",
    settings: () => ({ port: freePort() }),
    result: network("The connection to SERVER failed (connect ECONNREFUSED SERVER)"),
  },
];

for (const { title, script = {}, settings, result, got = 0 } of FAILURES) {
  smtpTest(title, async (smtp) => {
    smtp.script(script);
    const all = settingsFor(smtp, settings?.(smtp));
    await using transport = new TransportUnderTest(all);
    assert.deepEqual(withoutPlace(await transport.send(aMail()), all), result);
    assert.equal(smtp.received().length, got);
    assert.doesNotMatch(transport.conversation(), /w0rd|ada@/);
  });
}

Deno.test("A server that offers no login gets no password, and the result says what to remove", async () => {
  const server = new SMTPServer({ disabledCommands: ["AUTH", "STARTTLS"], logger: false });
  const port = freePort();
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  try {
    await using transport = new TransportUnderTest({
      ...LOGIN,
      host: "127.0.0.1",
      port,
      encryption: "none",
      timeoutSeconds: 20,
    });
    assert.deepEqual(
      await transport.verify(),
      configuration(
        `127.0.0.1:${port} offers no login: remove EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, or, ` +
          "where the connection is not encrypted, set EMAIL_USE_TLS, as many servers offer a " +
          "login only then",
      ),
    );
    assert.doesNotMatch(transport.conversation(), /AUTH/);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

smtpTest("verify says what a mail would meet", async (smtp) => {
  smtp.script({ login: LOGIN });
  const settings = settingsFor(smtp, WRONG_LOGIN);
  await using transport = new TransportUnderTest(settings);
  const found = await transport.verify();
  assert.equal(found?.cause, "configuration");
  assert.deepEqual(found, await transport.send());
});

function withoutPlace(result: SendResult, { host, port }: SmtpSettings): unknown {
  return JSON.parse(JSON.stringify(result).replaceAll(`${host}:${port}`, "SERVER"));
}
