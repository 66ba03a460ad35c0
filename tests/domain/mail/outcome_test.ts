import assert from "node:assert/strict";
import {
  classifyAnswer,
  classifyConnectionError,
  classifyError,
  type Progress,
} from "../../../lib/domain/mail/outcome.ts";

const BEFORE: Progress = {
  where: "mail.example:587",
  isBegun: false,
  isSent: false,
  isStalled: false,
  isClosed: false,
  recipients: ["ada@people.example", "eve@people.example"],
  secrets: ["s3cret"],
  texts: [],
};
const SENT = { ...BEFORE, isSent: true };

const forAll = (result: unknown) => ({ kind: "answered", recipients: [result, result] });
const refused = (isForGood: boolean, code: number, words: string, isOfMail = true) => ({
  kind: "refused",
  isForGood,
  isOfMail,
  code,
  words,
});
const UNKNOWN = { kind: "unknown", reason: "mail.example:587 did not answer to the whole mail" };

/** An error as nodemailer makes it. */
function error(code: string, more: Record<string, unknown> = {}): Error {
  const { message = "Something", ...properties } = more;
  return Object.assign(new Error(String(message)), { code, ...properties });
}

function reply(code: string, command: string, response: string): Error {
  const responseCode = Number(response.slice(0, 3));
  return error(code, { command, response, responseCode, message: `Failed: ${response}` });
}

Deno.test("An answer to a recipient or to the mail is the result for recipients", () => {
  const cases: [string, Error, Progress, unknown][] = [
    [
      "RCPT 4xx",
      reply("EENVELOPE", "RCPT TO", "450 4.2.1 Busy"),
      BEFORE,
      refused(false, 450, "4.2.1 Busy", false),
    ],
    [
      "RCPT 5xx",
      reply("EENVELOPE", "RCPT TO", "550 5.1.1 No"),
      BEFORE,
      refused(true, 550, "5.1.1 No", false),
    ],
    ...[530, 534, 535, 538].map((code): [string, Error, Progress, unknown] => [
      `RCPT ${code}`,
      reply("EENVELOPE", "RCPT TO", `${code} 5.7.0 Not for you`),
      BEFORE,
      refused(true, code, "5.7.0 Not for you", false),
    ]),
    [
      "DATA 5xx",
      reply("EENVELOPE", "DATA", "554 5.5.1 No"),
      BEFORE,
      refused(true, 554, "5.5.1 No"),
    ],
    ["mail 4xx", reply("EMESSAGE", "DATA", "451 Later"), SENT, refused(false, 451, "Later")],
    [
      "mail 5xx",
      reply("EMESSAGE", "DATA", "554 5.7.1 Spam"),
      SENT,
      refused(true, 554, "5.7.1 Spam"),
    ],
    ["mail 5xx early", reply("EMESSAGE", "DATA", "554 Spam"), BEFORE, refused(true, 554, "Spam")],
    [
      "bad sequence",
      reply("EMESSAGE", "DATA", "503 Sequence"),
      SENT,
      refused(false, 503, "Sequence"),
    ],
    [
      "too large",
      reply("EENVELOPE", "MAIL FROM", "552 5.3.4 Big"),
      BEFORE,
      refused(true, 552, "5.3.4 Big"),
    ],
    [
      "larger than announced",
      error("EMESSAGE", { command: "MAIL FROM" }),
      BEFORE,
      refused(true, 552, "5.3.4 The mail is larger than the server takes"),
    ],
    [
      "the server's words name recipients",
      reply("EMESSAGE", "DATA", "554-5.7.1 <eve@people.example>\n554 5.7.1 s3cret"),
      SENT,
      refused(true, 554, "5.7.1 <recipient 2> 5.7.1 ***"),
    ],
  ];
  for (const [title, thrown, progress, result] of cases) {
    assert.deepEqual(classifyError(thrown, progress), forAll(result), title);
  }
});

Deno.test("Each recipient has its own answer where the server refused them one by one", () => {
  const rejectedErrors = [
    { recipient: "eve@PEOPLE.example", responseCode: 451, response: "451 Later" },
    { recipient: "ada@people.example", responseCode: 550, response: "550 No" },
  ];
  const recipients = [refused(true, 550, "No", false), refused(false, 451, "Later", false)];
  const thrown = Object.assign(reply("EENVELOPE", "RCPT TO", "451 Later"), { rejectedErrors });
  assert.deepEqual(classifyError(thrown, BEFORE), { kind: "answered", recipients });
  assert.deepEqual(classifyAnswer(BEFORE.recipients, rejectedErrors.slice(0, 1), BEFORE), {
    kind: "answered",
    recipients: [{ kind: "accepted" }, refused(false, 451, "Later", false)],
  });
});

Deno.test("Nobody knows of a whole mail without an answer", () => {
  for (const code of ["ECONNECTION", "ESOCKET", "ETIMEDOUT", "EPROTOCOL", "EABORT", "ESTREAM"]) {
    assert.deepEqual(classifyError(error(code), SENT), UNKNOWN, code);
  }
  assert.deepEqual(classifyError(error("EABORT"), { ...SENT, isClosed: true }), UNKNOWN);
  assert.deepEqual(classifyError(error("EABORT"), { ...SENT, isStalled: true }), UNKNOWN);
  assert.deepEqual(classifyError(reply("EPROTOCOL", "CONN", "250 What"), SENT), UNKNOWN);
});

Deno.test("What comes before the recipients is about the network or the configuration", () => {
  const network = (reason: string) => ({ kind: "not-sent", cause: "network", reason });
  const configuration = (start: RegExp) => start;
  const cases: [Error, ReturnType<typeof network> | RegExp][] = [
    [
      reply("EENVELOPE", "MAIL FROM", "421 4.7.0 Too many"),
      network("mail.example:587 closes the connection (421 4.7.0 Too many)"),
    ],
    [
      reply("EENVELOPE", "RCPT TO", "421"),
      network("mail.example:587 closes the connection (421)"),
    ],
    [
      reply("EENVELOPE", "MAIL FROM", "451 4.3.0 Later"),
      network("mail.example:587 takes no mail now (451 4.3.0 Later)"),
    ],
    [
      reply("EAUTH", "AUTH PLAIN", "454 4.7.0 Temporary"),
      network("mail.example:587 takes no mail now (454 4.7.0 Temporary)"),
    ],
    [
      reply("EPROTOCOL", "RSET", "500 What"),
      network("mail.example:587 takes no mail now (500 What)"),
    ],
    [error("ETIMEDOUT"), network("mail.example:587 does not answer in time")],
    [
      error("EDNS", { message: "getaddrinfo ENOTFOUND mail.example" }),
      network("The host of mail.example:587 is not found (getaddrinfo ENOTFOUND mail.example)"),
    ],
    [
      error("ESOCKET", { message: "read ECONNRESET" }),
      network("The connection to mail.example:587 failed (read ECONNRESET)"),
    ],
    [
      error("EPROTOCOL", { message: "Unexpected Response: AHOY s3cret" }),
      network("The connection to mail.example:587 failed (Unexpected Response: AHOY ***)"),
    ],
    [
      reply("EENVELOPE", "MAIL FROM", "550 5.7.1 Blocked"),
      configuration(/takes no mail from here \(550 5/),
    ],
    [
      reply("EPROTOCOL", "CONN", "554 Go away"),
      configuration(/takes no mail from here \(554 Go away\)/),
    ],
    [
      reply("EPROTOCOL", "EHLO", "550 Your name"),
      configuration(/takes no mail from here \(550 Your/),
    ],
    [
      reply("EAUTH", "AUTH PLAIN", "535 5.7.8 Wrong"),
      configuration(/refuses the login \(535 5\.7\.8 Wrong\)/),
    ],
    [reply("EAUTH", "AUTH PLAIN", "500 What"), configuration(/refuses the login \(500 What\)/)],
    [
      reply("EENVELOPE", "MAIL FROM", "530 Login"),
      configuration(/refuses the login \(530 Login\)/),
    ],
    [reply("EENVELOPE", "DATA", "530 Login"), configuration(/refuses the login \(530 Login\)/)],
    [
      error("EAUTH", { command: "API" }),
      configuration(/refuses the login: correct EMAIL_HOST_USER/),
    ],
    [
      reply("ETLS", "STARTTLS", "502 No"),
      configuration(/does not do STARTTLS \(502 No\): set EMAIL_USE_TLS/),
    ],
    [
      error("ESOCKET", { message: "certificate has expired" }),
      configuration(/^The certificate of .*expired/),
    ],
    [
      error("ESOCKET", { message: "Refused", originalCode: "SELF_SIGNED_CERT_IN_CHAIN" }),
      configuration(
        /^The certificate of mail\.example:587 is not accepted \(Refused\): .*EMAIL_CA_FILE/,
      ),
    ],
    [
      error("ESOCKET", { message: "wrong version number" }),
      configuration(/does not answer with TLS: set /),
    ],
  ];
  for (const [thrown, expected] of cases) {
    const result = classifyError(thrown, BEFORE);
    assert.deepEqual(classifyConnectionError(thrown, BEFORE), result, thrown.message);
    if (!(expected instanceof RegExp)) assert.deepEqual(result, expected);
    else {
      assert(result?.kind === "not-sent" && result.cause === "configuration", thrown.message);
      assert.match(result.reason, expected);
    }
  }
});

Deno.test("What comes after the sender was accepted may be because of the mail", () => {
  const causeOf = (thrown: Error) => {
    const result = classifyError(thrown, { ...BEFORE, isBegun: true });
    return result?.kind === "not-sent" ? result.cause : undefined;
  };
  assert.equal(causeOf(reply("ECONNECTION", "CONN", "421 4.7.0 Not now")), "interrupted");
  assert.equal(causeOf(error("ESOCKET", { message: "read ECONNRESET" })), "interrupted");
  assert.equal(causeOf(error("EABORT")), "aborted");
  assert.equal(causeOf(reply("EENVELOPE", "CONN", "530 5.7.0 Log in")), "configuration");
});

Deno.test("A mail that was given up here says why", () => {
  const reasonOf = (progress: Partial<Progress>) => {
    const result = classifyError(error("EABORT"), { ...BEFORE, ...progress });
    return result?.kind === "not-sent" ? `${result.cause}: ${result.reason}` : undefined;
  };
  assert.equal(reasonOf({}), "aborted: Sending was stopped");
  assert.equal(reasonOf({ isStalled: true }), "network: mail.example:587 does not answer in time");
  assert.equal(
    reasonOf({ isClosed: true }),
    "aborted: The connection to the mail server was closed here",
  );
});

Deno.test("An error that is not about SMTP has no result", () => {
  for (const thrown of [new TypeError("x is not a function"), error("EFILEACCESS"), {}]) {
    assert.equal(classifyError(thrown, BEFORE), undefined);
  }
});
