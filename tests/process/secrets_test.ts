/**
 * What a worker calls secret is nowhere: not in the log, in Sentry, in files, nor in the headers of
 * dead letters, however its events fail.
 *
 * @module
 */

import assert from "node:assert/strict";
import { filesIn } from "../fixtures/files_in.ts";
import { FakeSentry } from "../fixtures/monitoring/fake_sentry.ts";
import { type ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";

const CODE = "739-204-881";
const LINK =
  "https://zulip.example.com/accounts/do_confirm/0f1e2d3c4b5a69788796a5b4c3d2e1f0aabbccdd";
const TO = "Ada.Lovelace@example.com";
/** What must not be there, in any case. */
const SECRET = /lovelace|0f1e2d|aabbccdd|739-204/i;

/** A worker that fails as its events say, and quotes all that it knows. */
const worker = (queue: string) => `
  import { defineWorker, Discard, Fail, RetryLater } from "process-queue/worker";
  import { z } from "zod";

  const ways = {
    throw: (event) => {
      throw new Error("no " + JSON.stringify(event), { cause: new TypeError(event.to[0]) });
    },
    fail: ({ context }) => { throw new Fail("404 at " + context.reset_url) },
    later: ({ to }) => { throw new RetryLater({ message: "550 <" + to[0].toLowerCase() + ">: no" }) },
    discard: ({ to }) => { throw new Discard("no " + to) },
    text: ({ code }) => { throw code },
    reject: ({ to }) => { void Promise.reject(new Error("nobody awaits " + to)) },
    throwLater: ({ to }) => new Promise(() => {
      setTimeout(() => { throw new Error("nobody catches " + to) });
    }),
    exit: () => Deno.exit(0),
    late: (event, ctx) => new Promise((_, reject) => {
      ctx.signal.addEventListener("abort", () => reject(new Error("late for " + event.to)));
    }),
    hang: () => new Promise(() => {}),
    loop: () => { for (;;); },
  };

  export default defineWorker({
    queue: "${queue}",
    event: z.looseObject({
      do: z.string(),
      to: z.array(z.email({ error: ({ input }) => "not an address: " + input })),
      code: z.string(),
      context: z.looseObject({ reset_url: z.string() }),
    }),
    secrets: ["to", "code", "context.*_url"],
    retries: [],
    maxConsumeSeconds: 0.2,
    async consume(event, ctx) {
      ctx.report({ to: event.to[0], code: event.code }, "Mailing " + event.context.reset_url);
      ctx.log.info("Mailing {to}: " + event.code, { to: event.to, event });
      await ways[event.do](event, ctx);
    },
  });`;

const WAYS = [
  ...["throw", "fail", "later", "discard", "text", "reject", "throwLater"],
  ...["exit", "late", "hang", "loop"],
];

function event(way: string): Record<string, unknown> {
  return { do: way, to: [TO], code: CODE, context: { reset_url: LINK }, subject: "Hello" };
}

/** Bodies that are no events of the worker's. */
const INVALID = [
  JSON.stringify({ ...event("throw"), code: 5 }),
  JSON.stringify({ ...event("throw"), to: [`${TO} ${CODE}`] }),
  JSON.stringify({ [TO]: LINK }),
  `${TO}: ${LINK}`,
  JSON.stringify(event("throw")).slice(0, -9),
];

async function publishAll(fixture: ProgramFixture): Promise<number> {
  await fixture.publish(WAYS.map(event));
  for (const [index, body] of INVALID.entries()) {
    await fixture.client.publish(fixture.queue, body, { messageId: `invalid-${index}` });
  }
  return WAYS.length + INVALID.length;
}

programTest(
  "what a worker calls secret is shown nowhere, however its events fail",
  async (fixture) => {
    await using sentry = new FakeSentry();
    await fixture.write(`workers/${fixture.queue}.ts`, worker(fixture.queue));
    const count = await publishAll(fixture);
    const { stdout, stderr } = await fixture.consume(["--drain", "--log-level", "debug"], {
      ABORT_GRACE_SECONDS: "0",
      MAX_RESTARTS: "100",
      QUEUE_ERROR_DIR: `${fixture.folder}/errors`,
      SENTRY_DSN: sentry.dsn,
      SENTRY_TRACE_WORKER_RATE: "1",
    }).end();

    const failed = `${fixture.queue}.failed`;
    const table = await fixture.run(["failed", "list", fixture.queue]);
    const json = await fixture.run(["failed", "list", fixture.queue, "--json"]);
    const letters = json.stdout.map((line) => JSON.parse(line));
    assert.equal(letters.length, count - 2, "all but what is discarded, and what rejects later");
    const reasons = new Set(letters.map(({ reason }) => reason));
    assert.deepEqual(reasons, new Set(["error", "fail", "invalid", "timeout", "crashed"]));

    for (const shown of [stdout, stderr, table.stdout, table.stderr, json.stdout, json.stderr]) {
      assertNone("printed", shown.join("\n"));
    }
    assert(sentry.text.length >= 10);
    assertNone("sent to Sentry", sentry.text.join("\n"));
    let files = 0;
    for (const { path, text, mode } of filesIn(fixture.folder)) {
      if (path.startsWith(`${fixture.folder}/workers/`)) continue;
      files++;
      assertNone(path, text);
      if (path.endsWith(".errors")) assert.equal(mode, 0o600);
    }
    assert(files >= 2);
    for (let left = letters.length; left > 0; left--) {
      const message = await fixture.client.take(failed);
      assertNone("a header", JSON.stringify(message?.properties));
      assert.match(
        message?.content.toString() ?? "",
        SECRET,
        "the dead letter is the event itself",
      );
    }
  },
);

function assertNone(what: string, text: string): void {
  const at = text.search(SECRET);
  assert(at === -1, `${what}: ${text.slice(Math.max(at - 300, 0), at + 60)}`);
}
