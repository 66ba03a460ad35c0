import assert from "node:assert/strict";
import { SlowDiskError, writeAdvice } from "../../lib/monitoring/write_problem.ts";

Deno.test("writeAdvice names what is to be done about the error of a write", () => {
  const full = (code: string) => Object.assign(new Error("full"), { code });
  assert.equal(writeAdvice(full("ENOSPC")), "Make room on the disk of that folder");
  assert.equal(writeAdvice(full("EDQUOT")), "Make room on the disk of that folder");
  assert.equal(writeAdvice(new SlowDiskError("no answer")), "Check that disk");
  assert.equal(
    writeAdvice(new Deno.errors.PermissionDenied("no")),
    "Let this user write to that folder",
  );
});
