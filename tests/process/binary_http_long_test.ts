/** Calls of addresses of users from the compiled binary, in its main thread and in a thread. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../scripts/compile/command.ts";
import { compileBundle, isRuntimeMissing } from "../../scripts/compile.ts";
import { LOOPBACK, NO_ADDRESS, PRIVATE } from "../fixtures/http/attacks.ts";
import { FORBIDDEN, PUBLIC } from "../fixtures/http/calls.ts";
import { RawServer, redirect } from "../fixtures/http/raw_server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROGRAM = "tests/fixtures/http/attack_program.ts";

/** Bundles and compiles the program. @returns The binary; `undefined` where no runtime is there. */
async function compileInto(folder: string): Promise<string | undefined> {
  const bundle = ["bundle", "--quiet", "--platform=deno", `--output=${join(folder, "main.js")}`];
  const bundled = await run(Deno.execPath(), [...bundle, PROGRAM], ROOT);
  assert(bundled.success, bundled.stderr);
  Deno.writeTextFileSync(join(folder, "deno.json"), "{}");
  const problem = await compileBundle(folder, join(folder, "attack"));
  if (problem === undefined) return join(folder, "attack");
  assert(isRuntimeMissing(problem), problem);
  console.log(`skipped: the calls of the compiled binary, as ${problem}`);
  return undefined;
}

Deno.test("the binary calls no address that must not be called", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "pq-http-" });
  try {
    const binary = await compileInto(folder);
    if (binary !== undefined) await attack(binary, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

async function attack(binary: string, folder: string): Promise<void> {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  await using server = await RawServer.start(undefined, PUBLIC);
  const { port } = forbidden;
  await using leading = await RawServer.start(() => redirect(`http://127.1:${port}/`), PUBLIC);
  const bad = [...LOOPBACK, ...PRIVATE, ...NO_ADDRESS]
    .filter((url) => !url.startsWith("http://public.example#"))
    .map((url) => url.replace("PORT", String(port)));
  const named = [
    `http://mixed.example:${port}/`,
    `http://rebinding.example:${port}/`,
    `http://public.example:${leading.port}/`,
  ];
  const names = {
    "public.example": [[PUBLIC]],
    "mixed.example": [[PUBLIC, FORBIDDEN]],
    "rebinding.example": [[PUBLIC], [FORBIDDEN]],
  };
  const good = `http://rebinding.example:${server.port}/`;
  const urls = [good, ...bad, ...named];
  const order = JSON.stringify({ urls, allowed: [PUBLIC], names });
  const { success, stdout, stderr } = await run(binary, [order], folder);
  assert(success, stderr);
  const ends: Record<string, string[]> = JSON.parse(stdout);
  for (const thread of ["main", "thread"]) {
    const [first, ...others] = ends[thread] ?? [];
    assert.equal(first, "200");
    assert.equal(others.length, urls.length - 1);
    for (const [index, end] of others.entries()) {
      assert(["forbidden", "bad url"].includes(end), `${thread}: ${urls[index + 1]}: ${end}`);
    }
  }
  assert.deepEqual([forbidden.connections, server.connections, leading.connections], [0, 2, 2]);
}
