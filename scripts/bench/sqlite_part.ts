/**
 * One of several processes that publish into the same file of the embedded broker, and then drain it.
 * Before and after each of both it prints a mark; it begins when a line comes.
 *
 *   deno run -A scripts/bench/sqlite_part.ts DIR EVENTS
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { mark } from "./marks.ts";
import { drainAll, publishAll, QUEUE } from "./sqlite.ts";

const [stateDir = "", count = "0"] = Deno.args;
const events = Number(count);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (done: number) => console.log(JSON.stringify(mark(done)));

await using broker = await openSqliteBroker({ stateDir });
await broker.declare(QUEUE);
for (
  const work of [
    () => publishAll(broker, events, 1000),
    () => drainAll(broker, events, 500),
  ]
) {
  say(0);
  await lines.next();
  await work();
  say(events);
}
await lines.return?.();
