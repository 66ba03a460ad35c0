import { binaryTest } from "../fixtures/process/binary.ts";
import { assertNestedRuns, writeNested } from "../fixtures/process/nested.ts";

binaryTest("the binary runs and ends a thread of a worker's own", async (installed) => {
  await writeNested(`${installed.folder}/workers`);
  installed.env["ABORT_GRACE_SECONDS"] = "0";
  await using program = installed.start("--queue_name", "nested");
  await assertNestedRuns(program, (event) => installed.ok("publish", "nested", event));
});
