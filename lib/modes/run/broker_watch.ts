/**
 * The broker as a process sees it, for its snapshot.
 *
 * @module
 */

import { join } from "node:path";
import { splitAddresses } from "../../config/broker_addresses.ts";
import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { type BrokerSnapshot, isoTime } from "../../monitoring/snapshot.ts";

/** The file of the embedded broker. */
const EMBEDDED_FILE = "broker.sqlite";

/** Watches whether the broker is there. */
export class BrokerWatch {
  readonly #config: Pick<Config, "broker" | "stateDir">;
  readonly #now: () => number;
  #isUp = false;
  #ups = 0;
  #since: number;

  /** @param now The time in ms since 1970. @default {Date.now} */
  constructor(config: Pick<Config, "broker" | "stateDir">, now: () => number = Date.now) {
    this.#config = config;
    this.#now = now;
    this.#since = now();
  }

  /** Looks at the broker; call it a few times a second. */
  sweep(broker: Broker | undefined): void {
    const isUp = broker?.isThere ?? false;
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    this.#since = this.#now();
    if (isUp) this.#ups++;
  }

  /** The broker now; `undefined` before it is opened. */
  snapshot(broker: Broker | undefined): BrokerSnapshot {
    this.sweep(broker);
    const { url } = this.#config.broker;
    const { status } = broker ?? {};
    return {
      kind: url === undefined ? "embedded" : "rabbitmq",
      address: brokerAddress(this.#config),
      version: status?.version ?? null,
      up: this.#isUp,
      since: isoTime(status?.since ?? this.#since),
      blocked: status?.blocked ?? null,
      reconnects: status?.reconnects ?? Math.max(0, this.#ups - 1),
    };
  }
}

/** The broker's address without user and password: hosts, ports and virtual host, or a file. */
export function brokerAddress({ broker, stateDir }: Pick<Config, "broker" | "stateDir">): string {
  if (broker.url === undefined) return join(stateDir, EMBEDDED_FILE);
  return splitAddresses(broker.url).map((address) => {
    const { protocol, host, pathname } = new URL(address);
    return `${protocol}//${host}${pathname}`;
  }).join(",");
}
