/**
 * Threads that do nothing but wait; each loads zod, as every worker does. Prints a mark when all
 * of them wait.
 *
 *   deno run -A scripts/bench/bare_threads.ts COUNT
 */
import { Worker } from "node:worker_threads";
import { mark } from "./marks.ts";

const count = Number(Deno.args[0]);
const waiting = Array.from({ length: count }, () => {
  const worker = new Worker(new URL("./bare_thread.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  return new Promise((resolve) => worker.once("message", resolve));
});
await Promise.all(waiting);
console.log(JSON.stringify(mark(count)));
setInterval(() => {}, 60_000);
