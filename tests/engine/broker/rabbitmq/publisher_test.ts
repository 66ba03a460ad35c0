import assert from "node:assert/strict";
import type { ChannelModel } from "amqplib";
import { EventEmitter } from "node:events";
import { addressOf } from "../../../../lib/engine/broker/rabbitmq/errors.ts";
import type { Link } from "../../../../lib/engine/broker/rabbitmq/link.ts";
import { Publisher } from "../../../../lib/engine/broker/rabbitmq/publisher.ts";
import { until } from "../../../fixtures/until.ts";

type Confirm = (error: Error | null) => void;

/** A channel whose events wait until the test confirms them. */
class FakeChannel extends EventEmitter {
  readonly confirms = new Map<string, Confirm>();
  isClosed = false;

  publish(_exchange: string, queue: string, _body: unknown, _options: unknown, confirm: Confirm) {
    this.confirms.set(queue, confirm);
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.emit("close");
    return Promise.resolve();
  }
}

/** A publisher, and the channels it has opened. */
function publishing(): { publish: (queue: string) => Promise<void>; channels: FakeChannel[] } {
  const channels: FakeChannel[] = [];
  const createConfirmChannel = () => {
    const channel = new FakeChannel();
    channels.push(channel);
    return Promise.resolve(channel);
  };
  const link = {
    closing: new AbortController().signal,
    isBlocked: false,
    model: () => Promise.resolve(model),
  };
  const connection = { frameMax: 128 * 1024 };
  const fake = Object.assign(new EventEmitter(), { createConfirmChannel, connection });
  const model = fake as unknown as ChannelModel;
  const publisher = new Publisher(link as Link, addressOf("amqp://guest:guest@127.0.0.1"));
  return { publish: (queue) => publisher.publish(queue, "1", {}, () => true), channels };
}

/** Waits until an event for a queue was published on one of the channels. */
function published(channels: FakeChannel[], queue: string): Promise<FakeChannel> {
  return until(`an event for ${queue} is published`, () => {
    return channels.find(({ confirms }) => confirms.has(queue));
  });
}

const NACK = new Error("message nacked");

Deno.test("after a nack events are published on a new channel", async () => {
  const { publish, channels } = publishing();
  const nacked = publish("a");
  const first = await published(channels, "a");
  first.confirms.get("a")?.(NACK);
  await assert.rejects(nacked, { kind: "refused" });
  const again = publish("b");
  const second = await published(channels, "b");
  assert.notEqual(second, first);
  second.confirms.get("b")?.(null);
  await again;
  assert.equal(channels.length, 2);
  assert(first.isClosed && !second.isClosed);
});

Deno.test("a channel with a nacked event is closed when the others on it are confirmed", async () => {
  const { publish, channels } = publishing();
  const other = publish("other");
  const nacked = publish("a");
  const channel = await published(channels, "a");
  channel.confirms.get("a")?.(NACK);
  await assert.rejects(nacked, { kind: "refused" });
  assert(!channel.isClosed);
  channel.confirms.get("other")?.(null);
  await other;
  assert(channel.isClosed);
});
