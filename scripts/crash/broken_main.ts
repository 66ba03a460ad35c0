/**
 * The program with an engine that loses events: for the crash suite, which must find that out.
 *
 * @module
 */

import type { Broker } from "../../lib/engine/broker/broker.ts";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { makeCareless } from "./careless.ts";

/** One of the brokers that the program is going to open. */
async function openOne(): Promise<Broker> {
  const url = Deno.env.get("AMQP_URL");
  if (url !== undefined) return await openRabbitmq({ url });
  return await openSqliteBroker({ stateDir: Deno.env.get("STATE_DIR") ?? "./var" });
}

{
  await using broker = await openOne();
  makeCareless(Object.getPrototypeOf(broker));
}
await import("../../main.ts");
