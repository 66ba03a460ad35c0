/**
 * The checks of `doctor` that compare the clocks of other hosts with this one's.
 *
 * @module
 */

import { type Broker, BrokerError } from "../../engine/broker/broker.ts";
import { clocksFound } from "../../operations/doctor/clocks.ts";
import type { Found } from "../../operations/doctor/finding.ts";
import type { CheckScene } from "./checks.ts";

/** The clock of the database's host. */
export async function checkDatabaseClock({ config, services }: CheckScene): Promise<Found[]> {
  const reading = await services.databaseClock(config);
  return reading ? clocksFound([{ of: "the database", ...reading }]) : [];
}

/** The clock of the broker's host, where that stamps events. */
export async function checkBrokerClock(broker: Broker): Promise<Found[]> {
  try {
    const reading = await broker.clock?.();
    return reading ? clocksFound([{ of: "RabbitMQ", ...reading }]) : [];
  } catch (error) {
    // The check of the broker says that no queue could be made for it.
    if (error instanceof BrokerError && error.kind === "permission") return [];
    throw error;
  }
}
