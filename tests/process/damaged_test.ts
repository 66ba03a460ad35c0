/** The program on a damaged file of the embedded broker. */
import assert from "node:assert/strict";
import { FILE_NAME, openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { bodyOf, pagesOf, zeroPages } from "../fixtures/sqlite_broker/damage.ts";

const ADVICE = /is damaged: stop every process that uses it, recover what can be read/;

Deno.test("a damaged file ends the program with 1, and no command uses it", () =>
  withFolder(async (cwd) => {
    const stateDir = `${cwd}/state`;
    const options = { cwd, env: { STATE_DIR: stateDir, ZULIP_WORKER_TEST_FILE: "out" } };
    const args = ["--multi_threaded", "noop", "test"];
    await using program = Program.start(args, {
      ...options,
      env: { ...options.env, LOG_LEVEL: "debug" },
    });
    await program.until("both consume", () => program.log.filter(isConsuming).length === 2);
    program.signal("SIGTSTP");
    await program.until("both are quiet", () => program.log.filter(isQuiet).length === 2);
    await publish(stateDir, "noop", 2000);
    const path = `${stateDir}/${FILE_NAME}`;
    zeroPages(path, pagesOf(path, "event", "leaf").slice(50, 52));
    program.signal("SIGCONT");
    const { code, stderr } = await program.end();
    assert.equal(code, 1);
    const errors = program.log.filter(({ level }) => level === "error");
    assert.equal(errors.length, 1, stderr.join("\n"));
    assert.match(JSON.stringify(errors[0]), ADVICE);

    for (const again of [args, ["publish", "noop", "{}"], ["check-config"]]) {
      await using other = Program.start(again, options);
      const end = await other.end();
      assert.equal(end.code, 1);
      assert.match([...end.stdout, ...end.stderr].join("\n"), ADVICE);
    }
  }));

function isConsuming({ message }: { readonly message: string }): boolean {
  return message.startsWith("starting consuming");
}

function isQuiet({ message }: { readonly message: string }): boolean {
  return message.startsWith("Taking no more events");
}

async function publish(stateDir: string, queue: string, count: number): Promise<void> {
  await using broker = await openSqliteBroker({ stateDir });
  await Promise.all(Array.from({ length: count }, (_, n) => broker.publish(queue, bodyOf(n))));
}
