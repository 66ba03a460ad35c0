import assert from "node:assert/strict";
import { PausedQueues } from "../../lib/operations/paused.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const PAUSE = { by: "ada", at: "2026-01-01T10:00:00.000Z", reason: "why", until: null };
const TEN = Date.parse("2026-01-01T10:00:00Z");

Deno.test("a pause is kept in a file that only its owner may read, until it is removed", async () => {
  await withFolder((folder) => {
    const paused = new PausedQueues(folder);
    assert.deepEqual(paused.read("mails", TEN), { kind: "none" });
    paused.write("mails", PAUSE);
    assert.deepEqual(paused.read("mails", TEN), { kind: "paused", pause: PAUSE });
    assert.equal((Deno.statSync(paused.pathOf("mails")).mode ?? 0) & 0o777, 0o600);
    assert.deepEqual([...Deno.readDirSync(`${folder}/paused`)].map(({ name }) => name), [
      "mails.json",
    ]);
    paused.remove("mails");
    paused.remove("mails");
    assert.deepEqual(paused.read("mails", TEN), { kind: "none" });
    return Promise.resolve();
  });
});

Deno.test("a pause whose time is over counts as none", async () => {
  await withFolder((folder) => {
    const paused = new PausedQueues(folder);
    paused.write("mails", { ...PAUSE, until: "2026-01-01T10:30:00.000Z" });
    assert.equal(paused.read("mails", TEN + 29 * 60_000).kind, "paused");
    assert.equal(paused.read("mails", TEN + 30 * 60_000).kind, "none");
    return Promise.resolve();
  });
});

Deno.test("the name of a queue does not lead out of the folder", () => {
  assert.equal(new PausedQueues("/state").pathOf("../a/b"), "/state/paused/..%2Fa%2Fb.json");
});

Deno.test("a file that is no pause is named, with what is wrong", async () => {
  await withFolder((folder) => {
    const paused = new PausedQueues(folder);
    paused.write("mails", PAUSE);
    for (const text of ["", "{}", "[1]", '{"by":1}']) {
      Deno.writeTextFileSync(paused.pathOf("mails"), text);
      assert.deepEqual(paused.read("mails", TEN), {
        kind: "unreadable",
        path: paused.pathOf("mails"),
        problem: "it is not a pause in JSON",
      });
    }
    return Promise.resolve();
  });
});
