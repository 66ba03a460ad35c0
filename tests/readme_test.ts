/** The README tells the truth about its examples; docs_test.ts sees to the rest. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const README = Deno.readTextFileSync(new URL("../README.md", import.meta.url));

/** Writes README's files of the folder `my-workers` and calls `use` with a folder that has it. */
async function withExamples(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "pq-readme-" });
  try {
    await Deno.mkdir(`${dir}/my-workers/tests`, { recursive: true });
    for (const [, source = "", path] of README.matchAll(/```ts\n(\/\/ (\S+)\n[^]*?)```/g)) {
      await Deno.writeTextFile(`${dir}/${path}`, source);
    }
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("README's worker is a worker", () =>
  withExamples(async (dir) => {
    const { discover, loadWorker } = await import("../lib/engine/host/discovery.ts");
    const own = `${dir}/my-workers`;
    const { files, problems } = discover(own, own);
    assert.deepEqual([files.map(({ name }) => name), problems], [["greetings"], []]);
    const [file] = files;
    assert(file);
    const worker = await loadWorker(file);
    assert.equal(worker.event.safeParse({ name: "Ada" }).success, true);
  }));

Deno.test("README's test of its worker passes, run as README says", () =>
  withExamples(async (dir) => {
    const [, args = ""] = /deno@\S+ (test .*--config deno\.json.*)\n/.exec(README) ?? [];
    const config = fileURLToPath(new URL("../deno.json", import.meta.url));
    const command = new Deno.Command(Deno.execPath(), {
      args: args.split(" ").map((arg) => arg === "deno.json" ? config : arg),
      cwd: dir,
      env: { NO_COLOR: "1" },
    });
    const { code, stdout, stderr } = await command.output();
    const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    assert.equal(code, 0, text);
    assert.match(text, /\nok \| 2 passed \| 0 failed/);
  }));
