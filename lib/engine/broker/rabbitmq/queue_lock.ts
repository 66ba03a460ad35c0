/**
 * Locks of queues' events: an exclusive queue, which ends with its connection. Who has the lock is
 * an event in a queue beside it, as others cannot look into an exclusive queue.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ChannelModel, Options } from "amqplib";
import { notice, type Reporter } from "../../report.ts";
import { type BrokerError, lockedError } from "../broker.ts";
import type { ApartConnection } from "./apart.ts";
import { withChannel } from "./channel.ts";
import { type Address, explainChannel } from "./errors.ts";

const LOCK: Options.AssertQueue = {
  exclusive: true,
  autoDelete: true,
  durable: false,
  arguments: { "x-queue-type": "classic" },
};
/** After this time, in ms, nobody is named as the holder; a command ends sooner. */
const HOLDER_EXPIRES_MS = 24 * 3600 * 1000;
const HOLDER: Options.AssertQueue = {
  durable: true,
  arguments: {
    "x-queue-type": "classic",
    "x-max-length": 1,
    "x-expires": HOLDER_EXPIRES_MS,
  },
};

/** The name of the queue that locks the events of another. */
export function lockName(queue: string): string {
  return `${queue}.lock`;
}

/**
 * Takes the lock, on a connection of its own. Without the permission to make such a queue there is
 * no lock: that is a warning.
 *
 * @param holder Who takes it, for others.
 * @throws {BrokerError} `locked` when another has it.
 */
export async function lockQueue(
  connection: ApartConnection,
  queue: string,
  holder: string,
  { address, report }: { readonly address: Address; readonly report: Reporter },
): Promise<AsyncDisposable> {
  const { model } = connection;
  try {
    await withChannel(model, (channel) => channel.assertQueue(lockName(queue), LOCK));
  } catch (error) {
    if ((error as { code?: unknown }).code === LOCKED) throw await otherHas(model, queue);
    const explained = explainChannel(error, lockName(queue), address);
    if (explained.kind !== "permission") throw explained;
    report(notice("warning", queue, NOT_LOCKED, { properties: { why: explained.message } }));
    return connection;
  }
  await sayHolder(model, queue, holder);
  return {
    async [Symbol.asyncDispose]() {
      await unlock(model, queue);
      await connection[Symbol.asyncDispose]();
    },
  };
}

/**
 * Whether another connection has the lock: an exclusive queue refuses even a look. Without the
 * permission to look it counts as free.
 */
export async function isQueueLocked(model: ChannelModel, queue: string): Promise<boolean> {
  try {
    await withChannel(model, (channel) => channel.checkQueue(lockName(queue)));
    return false;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === LOCKED || code === MISSING || code === REFUSED) return code === LOCKED;
    throw error;
  }
}

const LOCKED = 405;
const MISSING = 404;
const REFUSED = 403;

const NOT_LOCKED =
  "The events of queue {queue} are not locked, so another command may have them at the same time: " +
  "{why}";

/** Waits until the lock is gone: a connection that is closed may keep it for a moment. */
async function unlock(model: ChannelModel, queue: string): Promise<void> {
  for (const name of [holderName(queue), lockName(queue)]) {
    await withChannel(model, (channel) => channel.deleteQueue(name)).catch(() => {});
  }
}

async function otherHas(model: ChannelModel, queue: string): Promise<BrokerError> {
  return lockedError(queue, await holderOf(model, queue).catch(() => undefined));
}

/** Reads who has the lock; the event returns to its queue when the channel closes. */
async function holderOf(model: ChannelModel, queue: string): Promise<string | undefined> {
  const message = await withChannel(model, (channel) => channel.get(holderName(queue)));
  return message ? message.content.toString() : undefined;
}

/** Nobody needs to know who has the lock: without the permission it is not said. */
async function sayHolder(model: ChannelModel, queue: string, holder: string): Promise<void> {
  const name = holderName(queue);
  const said = withChannel(model, async (channel) => {
    await channel.assertQueue(name, HOLDER);
    channel.sendToQueue(name, Buffer.from(holder));
    // The broker handles the frames of a channel in order, and answers this one.
    await channel.checkQueue(name);
  });
  await said.catch(() => {});
}

function holderName(queue: string): string {
  return `${lockName(queue)}.holder`;
}
