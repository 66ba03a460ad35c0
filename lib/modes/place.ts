/**
 * Names the embedded broker in the results of commands.
 *
 * @module
 */

import type { Config } from "../config/config.ts";

/**
 * Names the embedded broker, where the configuration selects it: workers on RabbitMQ never see its
 * events.
 *
 * @returns The end of a sentence; `""` for RabbitMQ.
 */
export function embeddedPlace({ broker, stateDir }: Pick<Config, "broker" | "stateDir">): string {
  return broker.url === undefined
    ? `, in the embedded broker in ${stateDir} (${whyEmbedded(broker)})`
    : "";
}

/** Why the configuration selects the embedded broker. */
export function whyEmbedded({ kind }: Pick<Config["broker"], "kind">): string {
  return kind === "embedded" ? "BROKER is embedded" : "AMQP_URL is not set";
}
