/**
 * The program with an engine that loses events. The crash suite must notice that.
 *
 * @module
 */

import type { Broker } from "../../lib/engine/broker/broker.ts";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { makeLossy } from "./lossy_broker.ts";

/** Opens the broker that the program is going to use. */
async function openOne(): Promise<Broker> {
  const url = Deno.env.get("AMQP_URL");
  if (url !== undefined) return await openRabbitmq({ url });
  return await openSqliteBroker({ stateDir: Deno.env.get("STATE_DIR") ?? "./var" });
}

{
  await using broker = await openOne();
  makeLossy(Object.getPrototypeOf(broker));
}
await import("../../main.ts");
