/** Pretends to deliver webhooks. Those to the server "unreachable" fail while the file `down` exists. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "demo_webhooks",
  event: z.object({ url: z.string() }),
  retries: [1, 5],
  async consume({ url }, ctx) {
    if (!url.includes("unreachable") || !await exists(`${ctx.config.stateDir}/down`)) return;
    throw new Error(`No answer from ${url}`);
  },
});

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
