/**
 * What is known of a connection beyond whether there is one.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";

/** Since when a connection is up or lost, how often it came again, and what is at its other end. */
export class LinkHistory {
  /** When it came up or was lost, in ms since 1970; before that, when this was made. */
  since: number = Date.now();
  /** The broker's version, of the last connection. */
  version: string | undefined;
  /** Why the broker takes no publishes; `undefined` where it does. */
  blocked: string | undefined;
  #ups = 0;

  /** How often it came again. */
  get reconnects(): number {
    return Math.max(0, this.#ups - 1);
  }

  /** The connection is open. */
  up(model: ChannelModel): void {
    this.#ups++;
    this.since = Date.now();
    this.version = versionOf(model) ?? this.version;
  }

  /** The connection was lost. */
  lost(): void {
    this.since = Date.now();
  }
}

function versionOf(model: ChannelModel): string | undefined {
  const { serverProperties } = model.connection as { readonly serverProperties?: unknown };
  if (typeof serverProperties !== "object" || serverProperties === null) return undefined;
  const version = "version" in serverProperties ? serverProperties.version : undefined;
  return typeof version === "string" ? version : undefined;
}
