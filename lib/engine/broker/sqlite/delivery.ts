/**
 * An event in the hands of this process.
 *
 * @module
 */

import type { Delivery, EventProperties } from "../broker.ts";
import type { Row } from "./events.ts";
import { decodeProperties } from "./properties.ts";
import type { Session } from "./session.ts";

/** One event, as it was handed out through an opening of the file. */
export class SqliteDelivery implements Delivery {
  /** @inheritdoc */
  body: Uint8Array | null;
  readonly properties: EventProperties;
  readonly redelivered: boolean;
  /** The event's id in the file. */
  readonly id: number;
  /** Whether it was given back when its subscription closed. */
  isGivenBack = false;

  /** @param session What it was handed out through. @param row What the file says. */
  constructor(readonly session: Session, row: Row) {
    this.id = row.id;
    this.body = row.body;
    this.properties = decodeProperties(row.properties);
    this.redelivered = row.handouts > 0;
  }

  /** @inheritdoc */
  get lost(): boolean {
    return this.isGivenBack || this.session.isLost;
  }
}
