/**
 * An event that this process has taken.
 *
 * @module
 */

import type { Delivery, EventProperties } from "../broker.ts";
import type { Row } from "./events.ts";
import { decodeProperties } from "../property_text.ts";
import type { Session } from "./session.ts";

/** One delivery of an event of the file. */
export class SqliteDelivery implements Delivery {
  /** @inheritdoc */
  body: Uint8Array | null;
  readonly properties: EventProperties;
  readonly redelivered: boolean;
  /** The event's id in the file. */
  readonly id: number;
  /** Whether it was released because its subscription closed. */
  isReleased = false;

  /** @param session The open file it was taken from. @param row The event as stored. */
  constructor(readonly session: Session, row: Row) {
    this.id = row.id;
    this.body = row.body;
    this.properties = decodeProperties(row.properties);
    this.redelivered = row.handouts > 0;
  }

  /** @inheritdoc */
  get lost(): boolean {
    return this.isReleased || this.session.isLost;
  }
}
