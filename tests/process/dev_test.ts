/**
 * `deno task dev`: all queues, restarted when a file changes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DevFixture } from "../fixtures/process/dev.ts";
import { assertWithin } from "../fixtures/pace.ts";

Deno.test("dev: it restarts for a changed, a new, a broken and a mended worker, and Ctrl-C ends it", async () => {
  await using fixture = await DevFixture.open();
  const { program } = fixture;
  await fixture.untilHandled("first", "first 1");
  await fixture.worker("first", "first 2");
  await fixture.untilStarted(2);
  await fixture.untilHandled("first", "first 2");
  await fixture.worker("second", "second 1");
  await fixture.untilStarted(3);
  await fixture.untilHandled("second", "second 1");
  await fixture.worker("second", "", "export default {{");
  await fixture.untilError("second", "second.ts does not load");
  await fixture.untilStarted(4);
  assert.equal(fixture.lines(/were launched$/).at(-1)?.["count"], 2);
  await fixture.worker("first", "first 3");
  await fixture.untilStarted(5);
  await fixture.untilHandled("first", "first 3");
  await fixture.worker("second", "second 2");
  await fixture.untilStarted(6);
  await fixture.untilHandled("second", "second 2");
  await Deno.remove(`${fixture.folder}/mine/second.ts`);
  await fixture.untilStarted(7);
  assert.equal(fixture.lines(/were launched$/).at(-1)?.["count"], 2);
  const began = performance.now();
  assert.equal((await fixture.interrupt()).code, 0);
  await assertWithin(performance.now() - began, 2000, "Ctrl-C");
  assert.equal(program.stdout.join(), "");
});

Deno.test("dev: it restarts when a file appears that a worker could not find", async () => {
  await using fixture = await DevFixture.open();
  const { folder } = fixture;
  await fixture.worker("second", "", importing("./sub/helper.ts"));
  await fixture.untilError("second", "helper.ts");
  await Deno.mkdir(`${folder}/mine/sub`);
  await Deno.writeTextFile(`${folder}/mine/sub/helper.ts`, `export const text = "helped";`);
  await fixture.untilHandled("second", "helped");
});

Deno.test("dev: it restarts when the workers' folder is made after the start", async () => {
  await using fixture = await DevFixture.open({ workersDir: "my/own" });
  const { folder } = fixture;
  const missing = /^The program ended with 2: it restarts when a file changes$/;
  await fixture.untilLines(1, missing);
  await Deno.mkdir(`${folder}/my`);
  await Deno.mkdir(`${folder}/my/own`);
  await fixture.worker("second", "second 1");
  await fixture.untilStarted(1);
  await fixture.untilHandled("second", "second 1");
  await Deno.rename(`${folder}/my/own`, `${folder}/my/gone`);
  await fixture.untilLines(2, missing);
  await Deno.rename(`${folder}/my/gone`, `${folder}/my/own`);
  await fixture.publish("second", {});
  await fixture.untilLines(2, /^second 1$/);
});

Deno.test("dev: a queue whose file is gone for a while runs when the file is back", async () => {
  await using fixture = await DevFixture.open({ queues: ["--queue_name", "first"] });
  const { program, folder } = fixture;
  await fixture.untilHandled("first", "first 1");
  await Deno.rename(`${folder}/mine/first.ts`, `${folder}/mine/first.ts~`);
  await program.untilLogged(/^The program ended with 2: it restarts when a file changes/);
  assert(program.stderr.some((line) => line.includes("there is no queue first")));
  await Deno.rename(`${folder}/mine/first.ts~`, `${folder}/mine/first.ts`);
  await fixture.publish("first", {});
  await fixture.untilLines(2, /^first 1$/);
  assert.equal((await fixture.interrupt()).code, 0);
});

Deno.test("dev: after a syntax error in the program itself it waits for a change", async () => {
  await using fixture = await DevFixture.open();
  const path = `${fixture.folder}/lib/modes/run/ends.ts`;
  const source = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, "export {{");
  await fixture.untilLines(1, /^The program ended with 1: it restarts/);
  await Deno.writeTextFile(path, source);
  await fixture.untilStarted(2);
  await fixture.untilHandled("first", "first 1");
});

Deno.test("dev: Ctrl-C ends it with the program's code while it waits for a change", async () => {
  await using fixture = await DevFixture.open({ workersDir: "missing" });
  assert.equal((await fixture.interrupt()).code, 2);
});

Deno.test("dev: a program that has nothing more to do ends it", async () => {
  await using fixture = await DevFixture.open({ queues: ["--queue_name", "first", "--drain"] });
  const { code, stdout } = await fixture.program.end();
  assert.deepEqual([code, stdout.length], [0, 1]);
});

Deno.test("dev: an event that runs while files change again and again is not blamed", async () => {
  await using fixture = await DevFixture.open({ first: slow("go") });
  const { program } = fixture;
  await fixture.publish("first", {});
  for (let change = 1; change <= 3; change++) {
    await fixture.untilLines(change, /^started$/);
    await fixture.worker("first", "", `${slow("go")}\n// changed ${change} times`);
    await fixture.untilStarted(1 + change);
  }
  await fixture.untilLines(4, /^started$/);
  await Deno.writeTextFile(`${fixture.folder}/go`, "");
  const line = await program.untilLogged(/^done$/);
  assert.equal(line["attempt"], 1);
  assert.deepEqual(fixture.lines(/failed|Problem/), []);
});

Deno.test("dev: logs are text, and Ctrl-C ends it soon while an event runs", async () => {
  await using fixture = await DevFixture.open({ log: [], first: slow("go") });
  const { program } = fixture;
  const said = (text: RegExp) => program.stderr.some((line) => text.test(line));
  await fixture.publish("first", {});
  await program.until("the event runs", () => said(/\] started\b/));
  const began = performance.now();
  program.signal("SIGINT");
  assert.equal((await program.end()).code, 0);
  await assertWithin(performance.now() - began, 2000, "Ctrl-C");
  const line = program.stderr.find((text) => text.includes("were launched")) ?? "";
  assert.match(
    line,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO \[process_queue\] 2 queue worker/,
  );
});

Deno.test("dev: the program stops when its parent is killed", async () => {
  await using fixture = await DevFixture.open({ first: slow("go") });
  const { program } = fixture;
  await fixture.publish("first", {});
  await fixture.untilLines(1, /^started$/);
  program.signal("SIGKILL");
  await fixture.untilLines(1, /ha(s|ve) [\d.]+ s to finish/);
  await Deno.writeTextFile(`${fixture.folder}/go`, "");
  // The end of its output is the end of the program, too.
  assert.equal((await program.end()).signal, "SIGKILL");
  assert.equal(fixture.lines(/^done$/).length, 1);
});

function importing(file: string): string {
  return `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    import { text } from ${JSON.stringify(file)};
    export default defineWorker({ queue: "second", event: z.unknown(), consume(_, ctx) {
      ctx.log.info(text);
    } });`;
}

function slow(go: string): string {
  return `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    export default defineWorker({ queue: "first", event: z.unknown(), async consume(_, ctx) {
      ctx.log.info("started");
      for (;;) {
        try {
          Deno.statSync(${JSON.stringify(go)});
          return ctx.log.info("done");
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    } });`;
}
