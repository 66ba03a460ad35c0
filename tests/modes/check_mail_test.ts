import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { checkMail } from "../../lib/modes/check_mail.ts";
import { freePort } from "../../scripts/private_server.ts";
import { PLAIN, withTemplates } from "../fixtures/mail/templates.ts";
import { type SmtpFixture, smtpTest } from "../fixtures/smtp/smtp.ts";
import { foundText } from "./found_text.ts";

const LOGIN = { EMAIL_HOST_USER: "zulip", EMAIL_HOST_PASSWORD: "s3cret-w0rd" };

/** The settings of a server on a port of this machine. */
function at(port: number, more: Record<string, string> = {}): Record<string, string> {
  return { EMAIL_HOST: "127.0.0.1", EMAIL_PORT: String(port), ...more };
}

async function check(environment: Record<string, string>): Promise<string> {
  return await foundText(checkMail(loadConfig(environment)));
}

/** Calls a function with the path of a file that has the server's authority. */
async function withAuthority(
  { ca }: SmtpFixture,
  fn: (path: string) => Promise<void>,
): Promise<void> {
  await withTemplates({ "ca.pem": ca }, async (_, folder) => await fn(`${folder}/ca.pem`));
}

Deno.test("checkMail says that no mail is sent without EMAIL_HOST", async () => {
  assert.equal(await check({}), "not used (EMAIL_HOST is not set)");
});

smtpTest("checkMail says how the SMTP server is reached, and sends nothing", async (smtp) => {
  smtp.script({ login: { user: "zulip", password: "s3cret-w0rd" } });
  const { plain, startTls, tls } = smtp.ports;
  assert.equal(await check(at(plain)), `ok (127.0.0.1:${plain}, without a login, not encrypted)`);
  await withAuthority(smtp, async (EMAIL_CA_FILE) => {
    const starttls = await check(
      at(startTls, { EMAIL_CA_FILE, EMAIL_USE_TLS: "true", ...LOGIN }),
    );
    const encrypted =
      "encrypted with TLSv1\\.3, certificate of 127\\.0\\.0\\.1, localhost, valid " +
      "until \\d{4}-\\d\\d-\\d\\d";
    const line = new RegExp(
      `^ok \\(127\\.0\\.0\\.1:${startTls}, logged in as zulip, ${encrypted}\\)$`,
    );
    assert.match(starttls, line);
    const direct = await check(at(tls, { EMAIL_CA_FILE, EMAIL_USE_SSL: "true" }));
    assert.match(direct, new RegExp(`, without a login, ${encrypted}\\)$`));
  });
  assert.deepEqual(smtp.received(), []);
});

smtpTest("checkMail warns of a password without encryption", async (smtp) => {
  smtp.script({ login: { user: "zulip", password: "s3cret-w0rd" } });
  const { plain } = smtp.ports;
  // An address of this machine that is not of the loopback.
  assert.equal(
    await check(at(plain, { ...LOGIN, EMAIL_HOST: "0.0.0.0" })),
    `ok (0.0.0.0:${plain}, logged in as zulip, not encrypted)\nwarning: the password goes to ` +
      "0.0.0.0 without encryption: set EMAIL_USE_TLS, or EMAIL_USE_SSL",
  );
});

smtpTest("checkMail says which setting to correct where the server refuses", async (smtp) => {
  smtp.script({ login: { user: "zulip", password: "another" } });
  const { plain, startTls } = smtp.ports;
  await assert.rejects(check(at(plain, LOGIN)), ({ message }: Error) => {
    assert.match(message, /refuses the login .*: correct EMAIL_HOST_USER and EMAIL_HOST_PASSWORD$/);
    assert(!message.includes("s3cret"));
    return true;
  });
  await assert.rejects(check(at(startTls, { EMAIL_USE_TLS: "true" })), {
    message: /^The certificate of 127\.0\.0\.1:\d+ is not accepted .*EMAIL_CA_FILE/,
  });
});

smtpTest("checkMail does not wait longer than EMAIL_TIMEOUT for a silent server", async (smtp) => {
  smtp.script({ connect: "silent" });
  const { plain } = smtp.ports;
  await assert.rejects(check(at(plain, { EMAIL_TIMEOUT: "1" })), {
    message: `127.0.0.1:${plain} does not answer in time: check EMAIL_HOST and EMAIL_PORT, that ` +
      "the server runs, and that firewalls let this machine reach it",
  });
});

Deno.test("checkMail names every problem: of the templates' folder, and of a file", async () => {
  const environment = at(freePort(), {
    EMAIL_CA_FILE: "/nonexistent/ca.pem",
    TEMPLATES_DIR: "/nonexistent/templates",
  });
  await assert.rejects(check(environment), {
    message: "the folder of TEMPLATES_DIR, /nonexistent/templates, cannot be read: ENOENT\n" +
      "EMAIL_CA_FILE is /nonexistent/ca.pem, which cannot be read: ENOENT",
  });
});

Deno.test("checkMail reads the operator's templates, also where no mail is sent", async () => {
  await withTemplates(PLAIN, async (_, folder) => {
    assert.equal(await check({ TEMPLATES_DIR: folder }), "not used (EMAIL_HOST is not set)");
  });
  const files = {
    ...PLAIN,
    "plain.html": "{% if name %}",
    "parts/own.html": "{{ name | ",
    "digest.json": "{",
    "lonely.subject.txt": "Hello",
    "locales/fr.json": "[]",
  };
  await withTemplates(files, async (_, folder) => {
    const problems = await check({ TEMPLATES_DIR: folder }).catch(({ message }) => message);
    const expected = [
      /^digest\.json does not declare a mail template: /,
      /^the mail template lonely lacks its file lonely\.txt$/,
      /^locales\/fr\.json is no catalogue of mails: /,
      /^the mail template parts\/own fails in parts\/own\.html: /,
      /^the mail template plain fails in plain\.html: /,
    ];
    const lines: string[] = problems.split("\n");
    for (const [index, pattern] of expected.entries()) assert.match(lines[index] ?? "", pattern);
    assert.equal(lines.length, expected.length);
  });
});
