import assert from "node:assert/strict";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { Program } from "../fixtures/process/program.ts";
import { programTest } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const COUNT = 300;

programTest(
  "the second of two operators sees who has the events; Ctrl-C ends a repair, and it can go on",
  async ({ url, queue, folder, env }) => {
    await using broker = await openRabbitmq({ url });
    await broker.declare(queue);
    await broker.declare(`${queue}.failed`);
    const headers = { "x-pq-reason": "error" };
    for (let i = 0; i < COUNT; i++) {
      await broker.publish(`${queue}.failed`, String(i), { messageId: `id-${i}`, headers });
    }
    const start = (...args: string[]) => Program.start(args, { cwd: folder, env });
    await using first = start("failed", "retry", queue, "--all", "--yes", "--rate", "5");
    await until("some are put back", async () => (await broker.depth(queue))?.ready ?? 0 > 0, 300);
    const second = await start("failed", "drop", queue, "--all", "--yes").end(300);
    assert.equal(second.code, 1);
    assert.match(
      second.stderr.at(-1) ?? "",
      new RegExp(
        `^process-queue: Another command has the events of ${queue}\\.failed: failed retry by \\S+ ` +
          `on \\S+, process ${first.pid}, since \\d{4}-\\S+Z\\. Wait until it has ended, or stop it$`,
      ),
    );
    first.signal("SIGINT");
    const { code, stdout, stderr } = await first.end(300);
    assert.equal(code, 1);
    const [, moved = ""] = /^(\d+) of 300 events put back into \S+; (\d+) left$/.exec(
      stdout.at(-1) ?? "",
    ) ?? assert.fail(stdout.join("\n"));
    assert.match(
      stderr.at(-1) ?? "",
      /stopped before the end, at 300 of 300; the same command goes/,
    );
    await until("the rest is back", async () => {
      return (await broker.depth(`${queue}.failed`))?.ready === COUNT - Number(moved);
    }, 300);
    const rest = await start("failed", "retry", queue, "--all", "--yes").end(300);
    assert.equal(rest.code, 0, rest.stderr.join("\n"));
    const bodies = (await broker.peek(queue, COUNT + 1)).map(({ body }) => Number(String(body)));
    assert.deepEqual(bodies, Array.from({ length: COUNT }, (_, i) => i));
  },
);
