/**
 * Looking at the events of a queue, moving and deleting them.
 *
 * @module
 */

import type { Channel, ChannelModel } from "amqplib";
import type { EventProperties, StoredEvent } from "../broker.ts";
import { withChannel } from "./channel.ts";
import { storedEvent } from "./properties.ts";

/** The first events of a queue. They are requeued, which for a quorum queue is at its end. */
export function peek(model: ChannelModel, queue: string, limit: number): Promise<StoredEvent[]> {
  return withChannel(model, async (channel) => {
    const events: StoredEvent[] = [];
    while (events.length < limit) {
      const message = await channel.get(queue);
      if (!message) break;
      events.push(storedEvent(message));
    }
    if (events.length > 0) channel.nackAll(true);
    return events;
  });
}

/** Which events are moved, and how. */
export interface Move {
  readonly from: string;
  /** How many events to look at. */
  readonly count: number;
  /** Gives the properties in the new queue; `undefined` leaves the event where it is. */
  readonly change: (event: StoredEvent) => EventProperties | undefined;
  /** Publishes to the new queue; resolves when the broker has confirmed the event. */
  readonly publish: (body: Uint8Array, properties: EventProperties) => Promise<void>;
}

/** Moves events that are ready. @returns How many. */
export function move(model: ChannelModel, task: Move): Promise<number> {
  return withChannel(model, async (channel) => {
    let moved = 0;
    for (let looked = 0; looked < task.count; looked++) {
      const answer = await moveNext(channel, task);
      if (answer === "empty") break;
      if (answer === "moved") moved++;
    }
    return moved;
  });
}

async function moveNext(
  channel: Channel,
  { from, change, publish }: Move,
): Promise<"moved" | "left" | "empty"> {
  const message = await channel.get(from);
  if (!message) return "empty";
  const properties = change(storedEvent(message));
  if (properties === undefined) return "left";
  await publish(message.content, properties);
  channel.ack(message);
  return "moved";
}

/** Deletes the events that are ready. @returns How many. */
export async function purge(model: ChannelModel, queue: string): Promise<number> {
  return (await withChannel(model, (channel) => channel.purgeQueue(queue))).messageCount;
}
