import assert from "node:assert/strict";
import { Conversation, type ConversationStep } from "../../../lib/domain/mail/conversation.ts";

const NOBODY = { recipients: [], secrets: [], texts: [] };

/** The steps of a conversation, of nodemailer's log entries. */
function stepsOf(entries: readonly [string, string, ...unknown[]][], recipients: string[] = []) {
  const steps: ConversationStep[] = [];
  const conversation = new Conversation((step) => steps.push(step));
  conversation.begin({ ...NOBODY, recipients });
  for (const [tnx, text, ...values] of entries) conversation.logger.debug({ tnx }, text, ...values);
  return { steps: steps.map(({ who, text }) => `${who}: ${text}`), conversation };
}

Deno.test("Nothing of a login but its method is shown, whatever the method", () => {
  const { steps } = stepsOf([
    ["client", "AUTH LOGIN"],
    ["server", "334 VXNlcm5hbWU6"],
    ["client", "enVsaXA="],
    ["server", "334 UGFzc3dvcmQ6"],
    ["client", "czNjcmV0"],
    ["server", "535 5.7.8 Wrong"],
    ["client", "AUTH PLAIN AHp1bGlwAHMzY3JldA=="],
    ["server", "235 Welcome"],
    ["client", "NOOP"],
    ["server", "334 is no challenge now"],
  ]);
  assert.deepEqual(steps, [
    "client: AUTH LOGIN ***",
    "server: 334 ***",
    "client: ***",
    "server: 334 ***",
    "client: ***",
    "server: 535 5.7.8 Wrong",
    "client: AUTH PLAIN ***",
    "server: 235 Welcome",
    "client: NOOP",
    "server: 334 is no challenge now",
  ]);
});

Deno.test("A conversation has what is said and what happens to the connection, and nothing else", () => {
  const { steps } = stepsOf([
    ["dns", "Resolved %s as %s", "mail.example", "192.0.2.1"],
    ["network", "%s established to %s:%s", "Connection", "192.0.2.1", 25],
    ["smtp", "User %s authenticated", '"zulip"'],
    ["client", "RCPT TO:<ada@people.example>"],
    ["server", "250 ada@people.example is fine"],
    ["message", "<%s bytes encoded mime message (source size %s bytes)>", 1, 1],
    ["network", "Connection closed"],
  ], ["ada@people.example"]);
  assert.deepEqual(steps, [
    "connection: Connection established to 192.0.2.1:25",
    "client: RCPT TO:<recipient 1>",
    "server: 250 <recipient 1> is fine",
    "client: (the mail, and the dot that ends it)",
    "connection: Connection closed",
  ]);
});

Deno.test("A mail can begin again while an old connection has taken nothing of it", () => {
  const canBeginAgain = (...entries: [string, string][]) =>
    stepsOf(entries).conversation.canBeginAgain;
  assert.equal(canBeginAgain(), true);
  assert.equal(canBeginAgain(["client", "MAIL FROM:<a@b.example>"], ["server", "421 No"]), true);
  assert.equal(canBeginAgain(["client", "MAIL FROM:<a@b.example>"], ["server", "250 OK"]), false);
  assert.equal(canBeginAgain(["network", "%s established to %s:%s"]), false);
});

Deno.test("A mail is out when its last byte is, and the next one is not", () => {
  const { conversation } = stepsOf([["client", "DATA"], ["server", "354 Go on"]]);
  assert.equal(conversation.isSent, false);
  conversation.logger.info({ tnx: "message" });
  assert.equal(conversation.isSent, true);
  conversation.begin(NOBODY);
  assert.equal(conversation.isSent, false);
});

Deno.test("A mail is begun when its sender is accepted, and not by what a new connection says", () => {
  const isBegun = (...entries: [string, string][]) => stepsOf(entries).conversation.isBegun;
  const sender: [string, string] = ["client", "MAIL FROM:<a@b.example>"];
  assert.equal(isBegun(sender, ["server", "250 OK"]), true);
  assert.equal(isBegun(sender, ["client", "RCPT TO:<c@d.example>"], ["server", "421 No"]), false);
  const again: [string, string] = ["network", "%s established to %s:%s"];
  assert.equal(isBegun(sender, ["server", "421 No"], again, ["server", "220 Hello"]), false);
});
