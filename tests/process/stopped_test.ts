/**
 * A process that is stopped for a while, as `docker pause` does it: no event is blamed for that.
 *
 * @module
 */

import assert from "node:assert/strict";
import { programTest } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

/** How long it is stopped, in ms: longer than a handler may run. */
const STOPPED_MS = 5000;

for (const [mode, options] of [["a thread", []], ["the main thread", ["--inline"]]] as const) {
  programTest(
    `the time for which the process is stopped does not count for its handlers (in ${mode})`,
    async (fixture) => {
      await fixture.worker({ maxConsumeSeconds: 2, retries: [] });
      fixture.options.push(...options);
      await fixture.publish([{ n: 0, do: "take", file: "1500" }, { n: 1 }]);
      const program = fixture.consume(["--drain"], { ABORT_GRACE_SECONDS: "0" });
      await fixture.untilWritten("started", 1);
      program.signal("SIGSTOP");
      const stoppedAt = performance.now();
      await until("it was stopped", () => performance.now() - stoppedAt > STOPPED_MS);
      program.signal("SIGCONT");
      const { code, stdout } = await program.end();
      assert.deepEqual([code, stdout], [0, ["done 2, retried 0, failed 0, waiting for retry 0"]]);
      assert.deepEqual(fixture.ledgerOf("started", "n"), [0, 1]);
      const [started, done] = fixture.ledger;
      assert((done?.at ?? 0) - (started?.at ?? 0) > STOPPED_MS);
    },
  );
}
