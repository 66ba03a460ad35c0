/**
 * Where a command's events are, where that may not be what its user thinks.
 *
 * @module
 */

import type { Config } from "../config/config.ts";

/**
 * Names the embedded broker, where the configuration leads to it: workers on RabbitMQ never see
 * what is in there.
 *
 * @returns The end of a sentence; `""` for RabbitMQ.
 */
export function embeddedPlace({ broker, stateDir }: Pick<Config, "broker" | "stateDir">): string {
  return broker.url === undefined
    ? `, in the embedded broker in ${stateDir} (AMQP_URL is not set)`
    : "";
}
