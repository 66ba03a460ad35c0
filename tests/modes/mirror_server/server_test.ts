import assert from "node:assert/strict";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import {
  CHANNEL,
  CLOSED_CHANNEL,
  MirrorBench,
  mirrorTest,
  REPLY_TOKEN,
} from "../../fixtures/mirror_server/server.ts";

const channel = `general.${CHANNEL}@mirror.example`;
const answer = `${REPLY_TOKEN}@mirror.example`;
const ACCEPTED = "250 2.6.0 OK";
const DEFERRED = "451 4.3.0 The mail could not be queued, try again later";
const unavailable = () => new BrokerError("unreachable", "RabbitMQ at mq cannot be reached");

mirrorTest(
  "the server publishes an event of Zulip's form for each recipient, with its own headers before the mail",
  {},
  async (bench) => {
    using client = await bench.client();
    const text = "From: Ada <ada@example.com>\r\nMessage-ID: <1@example.com>\r\n\r\nHellö";
    const answers = await client.transact([channel, answer], text);
    assert.deepEqual(answers, ["250 Accepted", "250 Accepted", ACCEPTED]);
    const published = await bench.published();
    assert.deepEqual(published.map(({ to }) => to), [channel, answer]);
    for (const { mail } of published) {
      assert.match(
        mail.slice(0, -text.length - 2),
        /^Return-Path: <ada@example\.com>\r\nReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n\tby zulip\.example with ESMTP id \w+;\r\n\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n$/,
      );
      assert.equal(mail.slice(-text.length - 2), `${text}\r\n`);
    }
    const [first, second] = published;
    assert.match(`${first?.id} ${second?.id}`, /^mirror:[0-9a-f]{64} mirror:[0-9a-f]{64}$/);
    assert.notEqual(first?.id, second?.id);
    assert.deepEqual(bench.lines.slice(1), [
      `info: Took a mail of ${text.length + 2} bytes from 127.0.0.1 for 2 recipients`,
    ]);
  },
);

mirrorTest(
  "the server refuses recipients that take no mail, in Zulip's words",
  {},
  async (bench) => {
    using client = await bench.client();
    await client.say("MAIL FROM:<ada@example.com>");
    const cases: readonly (readonly [string, string])[] = [
      [
        "nobody@mirror.example",
        "5.1.1 Bad destination mailbox address: Bad stream token from email recipient",
      ],
      [
        "general@else.example",
        "5.1.1 Bad destination mailbox address: Address not recognized by gateway.",
      ],
      [
        `mm${"0".repeat(32)}@mirror.example`,
        "5.1.1 Bad destination mailbox address: Zulip notification reply address is invalid.",
      ],
      [
        `${CLOSED_CHANNEL}@mirror.example`,
        "5.7.1 Permission denied: Not authorized to send to channel 'closed'",
      ],
    ];
    for (const [address, words] of cases) {
      assert.equal(await client.say(`RCPT TO:<${address}>`), `550 ${words}`, address);
    }
    assert.match(await client.say("DATA"), /^503 /);
    assert.deepEqual(
      bench.lines.slice(1),
      cases.map(([, words]) => `info: Refused a recipient of 127.0.0.1: 550 ${words}`),
    );
  },
);

mirrorTest(
  "the server accepts a mail only when all its events are confirmed; a second try has the same ids",
  {},
  async (bench) => {
    using client = await bench.client();
    const texts = [
      ["a mail with a Message-ID", "Message-ID:\r\n <2@example.com>\r\n\r\nbody"],
      ["a mail without one", "Subject: a\r\n\r\nbody"],
    ] as const;
    for (const [what, text] of texts) {
      const before = (await bench.published()).length;
      // The first publish of a queue that is not there ends with "unroutable", and comes again.
      bench.broker.ends.push(...before === 0 ? [undefined] : [], undefined, unavailable());
      assert.equal((await client.transact([channel, answer], text)).at(-1), DEFERRED, what);
      assert.equal((await client.transact([channel, answer], text)).at(-1), ACCEPTED, what);
      const [partly, again, other] = (await bench.published()).slice(before);
      assert.equal(partly?.id, again?.id, what);
      assert.deepEqual([partly, again, other].map((event) => event?.to), [
        channel,
        channel,
        answer,
      ]);
    }
    assert.equal(
      bench.lines[1],
      "warning: A mail was not accepted, as its event was not confirmed: the client sends it " +
        "again: RabbitMQ at mq cannot be reached",
    );
    assert.match(bench.server.status, /^1 client connected; mails: 2 accepted, 2 deferred, 0 re/);
  },
);

mirrorTest(
  "the server sees the end of a mail only at CR LF dot CR LF, and refuses bare CR and LF",
  {},
  async (bench) => {
    using client = await bench.client();
    const smuggled = `MAIL FROM:<evil@example.com>\r\nRCPT TO:<${channel}>\r\nDATA\r\n`;
    const ends = [
      "\n.\n",
      "\n.\r\n",
      "\r\n.\n",
      "\r.\r",
      "\r\n.\r",
      "\r.\r\n",
      "\r\n\0.\n",
      "\n..\n",
    ];
    for (const end of ends) {
      const text = `Subject: a\r\n\r\nb${end}${smuggled}Subject: smuggled\r\n\r\nc`;
      assert.deepEqual(
        await client.transact([channel], text),
        [
          "250 Accepted",
          "550 5.6.11 The mail has a bare CR or LF: lines must end with CR and LF",
        ],
        JSON.stringify(end),
      );
    }
    assert.deepEqual(await bench.published(), []);
    assert.equal((await client.transact([channel], "\r\na\r\n..\r\nb")).at(-1), ACCEPTED);
    const [{ mail } = { mail: "" }] = await bench.published();
    assert.ok(mail.endsWith("\r\na\r\n.\r\nb\r\n"));
  },
);

mirrorTest("the server refuses a mail that is in a loop", {}, async (bench) => {
  using client = await bench.client();
  const hops = (count: number) => `${"Received: from a by b\r\n".repeat(count)}\r\nReceived: c`;
  assert.equal(
    (await client.transact([channel], hops(101))).at(-1),
    "554 5.4.6 Too many hops: the mail is in a loop",
  );
  assert.equal((await client.transact([channel], hops(100))).at(-1), ACCEPTED);
});

mirrorTest(
  "the server defers mails beyond the limit of their organization; only accepted ones count",
  { RATE_LIMITING_MIRROR_REALM_RULES: "3600:3" },
  async (bench) => {
    using client = await bench.client();
    bench.broker.ends.push(unavailable());
    assert.equal((await client.transact([channel], "\r\na")).at(-1), DEFERRED);
    assert.equal((await client.transact([channel, answer], "\r\na")).at(-1), ACCEPTED);
    const limited = "450 4.7.0 Rate-limited due to too many emails on this realm.";
    assert.deepEqual(await client.transact([answer, channel], "\r\na"), [
      "250 Accepted",
      limited,
      ACCEPTED,
    ]);
    await client.say("MAIL FROM:<ada@example.com>");
    assert.equal(await client.say(`RCPT TO:<${channel}>`), limited);
  },
);

mirrorTest(
  "the server takes addresses with the ending of EMAIL_GATEWAY_EXTRA_PATTERN_HACK",
  { EMAIL_GATEWAY_EXTRA_PATTERN_HACK: "@other.example" },
  async (bench) => {
    using client = await bench.client();
    for (const address of [channel, `${CHANNEL}@other.example`]) {
      assert.deepEqual(await client.transact([address], "\r\na"), ["250 Accepted", ACCEPTED]);
    }
  },
);

mirrorTest(
  "the server defers recipients while the database is unavailable, which it logs once",
  { DATABASE_URL: "postgres://127.0.0.1:1/zulip" },
  async (bench) => {
    using client = await bench.client();
    await client.say("MAIL FROM:<ada@example.com>");
    for (let n = 0; n < 2; n++) {
      assert.equal(
        await client.say(`RCPT TO:<${channel}>`),
        "451 4.3.0 The database is unavailable, try again later",
      );
    }
    const warnings = bench.lines.filter((line) => line.startsWith("warning: Recipients"));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /^warning: Recipients are deferred, as the database cannot be asked: .*127\.0\.0\.1:1\/zulip/,
    );
  },
);

mirrorTest(
  "the server defers mail to postmaster where it cannot forward it, and says at its start what to set",
  {},
  async (bench) => {
    assert.deepEqual(bench.lines, [
      "warning: EMAIL_HOST is not set, so mail to postmaster is deferred: set EMAIL_HOST and " +
      "MIRROR_POSTMASTER",
    ]);
    using client = await bench.client();
    await client.say("MAIL FROM:<>");
    for (const address of ["postmaster", "Postmaster@mirror.example"]) {
      assert.equal(
        await client.say(`RCPT TO:<${address}>`),
        "451 4.3.5 Mail to postmaster cannot be forwarded now, try again later",
      );
    }
  },
);

Deno.test("the server refuses settings with which it cannot take mails", () => {
  const refused = (env: Readonly<Record<string, string>>, message: RegExp) =>
    assert.throws(() => new MirrorBench({ DATABASE_URL: "sqlite::memory:", ...env }), {
      name: "ConfigError",
      message,
    });
  refused(
    { MAX_EVENT_BYTES: "4096" },
    /MAX_EVENT_BYTES: an event of that size has no room for a mail; set it to at least 16384$/,
  );
  refused(
    { MIRROR_POSTMASTER: "Postmaster@mirror.example" },
    /MIRROR_POSTMASTER: mail to this address comes back to this server; set it to the address of a person/,
  );
});
