/**
 * Sifting a queue of RabbitMQ. Its events are consumed and stay unacknowledged; those that are kept
 * return to their places when the channel is closed, and nothing of them is held here meanwhile.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ChannelModel } from "amqplib";
import type { CarriedOut, Held, SiftRun } from "../sift.ts";
import { withChannel } from "./channel.ts";
import { explainChannel, isAckTimeout } from "./errors.ts";
import { publishEncodable } from "./properties.ts";
import { type RabbitSift, SiftChannel } from "./sift_channel.ts";

/**
 * How long events are taken, in ms. Those that match can then be held for 10 minutes more, as the rate
 * says; the broker's own limit is 30 minutes, unless it is set otherwise.
 */
const HOLD_MS = 15 * 60_000;

/** How long to wait until a quorum queue has its events back, and between two looks, in ms. */
const BACK_MS = 2000;
const LOOK_MS = 20;

/**
 * Looks at the events and carries out what is decided, in passes of at most 25 minutes. What was kept
 * is looked at again in the next one; a pass that has removed nothing is the last.
 */
export async function sift(
  model: ChannelModel,
  task: RabbitSift,
  run: SiftRun<number>,
): Promise<void> {
  for (;;) {
    const before = run.removed;
    try {
      await withChannel(model, (channel) => pass(new SiftChannel(channel, task, run), task, run));
    } catch (error) {
      if (!isAckTimeout(error)) run.fail(explainChannel(error, task.queue, task.address));
    }
    if (task.isQuorum) await untilBack(model, task.queue, run.of - run.removed);
    if (run.isOver || run.removed === before) return;
    run.restart();
  }
}

/**
 * Waits for 2 s at most until a quorum queue has its events back, which is a moment after the channel
 * was closed: who looks at once would miss them.
 */
async function untilBack(model: ChannelModel, queue: string, count: number): Promise<void> {
  const end = performance.now() + BACK_MS;
  try {
    await withChannel(model, async (channel) => {
      while (performance.now() < end) {
        if ((await channel.checkQueue(queue)).messageCount >= count) return;
        await delay(LOOK_MS);
      }
    });
  } catch {
    // The connection is lost, or the queue is gone: the result says so already, or the next look.
  }
}

async function pass(channel: SiftChannel, task: RabbitSift, run: SiftRun<number>): Promise<void> {
  const { holdMs = HOLD_MS } = task;
  const deadline = performance.now() + holdMs;
  do {
    if (run.left > 0) await channel.take(deadline);
    const isReleased = await channel.releaseKept();
    await run.carryOut((chunk) => carry(channel, task, chunk));
    await channel.flush(deadline);
    if (isReleased && !run.isOver) run.restart();
  } while (run.hasWork || (!run.isOver && performance.now() < deadline));
}

/** Publishes the events that move, and acknowledges those that are confirmed. */
async function carry(
  channel: SiftChannel,
  { publish, queue, address }: RabbitSift,
  chunk: readonly Held<number>[],
): Promise<CarriedOut> {
  const stored = await Promise.allSettled(chunk.map(async ({ event, removal }) => {
    if ("drop" in removal) return;
    const body = removal.body ?? event.body;
    await publishEncodable(removal.properties, (written) => publish(removal.move, body, written));
  }));
  const done = chunk.filter((_, index) => stored[index]?.status === "fulfilled");
  try {
    await channel.acknowledge(done.map(({ handle }) => handle));
  } catch (error) {
    return { removed: 0, failure: explainChannel(error, queue, address) };
  }
  const refused = stored.find((one) => one.status === "rejected");
  return { removed: done.length, ...(refused && { failure: refused.reason }) };
}
