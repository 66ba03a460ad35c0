/**
 * A connection that ends again and again because of what is read from it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { UnreadableFrame } from "../../../../lib/engine/broker/rabbitmq/frames.ts";
import {
  isReadingFault,
  OneAtATime,
} from "../../../../lib/engine/broker/rabbitmq/one_at_a_time.ts";
import type { NoticeReport } from "../../../../lib/engine/report.ts";
import { noticeText } from "../../../fixtures/rabbitmq/engine.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

const coded = (code: unknown) => Object.assign(new Error("ended"), { code });

for (const cause of [new UnreadableFrame(new Error("x")), ...[501, 502, 503, 505].map(coded)]) {
  Deno.test(`the end of a connection by ${String(cause)} ${codeOf(cause)} is due to what was read`, () => {
    assert.ok(isReadingFault(cause));
  });
}

const LINKS_END = [
  undefined,
  new Error("Heartbeat timeout"),
  ...[320, 504, 541, "ECONNRESET"].map(coded),
];

for (const cause of LINKS_END) {
  Deno.test(`the end of a connection by ${String(cause)} ${codeOf(cause)} is not due to what was read`, () => {
    assert.ok(!isReadingFault(cause));
  });
}

function codeOf(cause: unknown): unknown {
  return (cause as { code?: unknown } | undefined)?.code ?? "";
}

/** Queues on one connection after another. */
class Queues {
  readonly notices: string[] = [];
  readonly oneAtATime = new OneAtATime((report) =>
    void this.notices.push(noticeText(report as NoticeReport))
  );
  /** The queues that are consumed alone, in order. */
  readonly alone: string[] = [];
  #ends = new Map<string, PromiseWithResolvers<void>>();

  /** Consumes a queue. @returns Resolves when it is consumed beside others. */
  consume(queue: string): Promise<void> {
    const ended = Promise.withResolvers<void>();
    this.#ends.set(queue, ended);
    const consumeOne = () => {
      this.alone.push(queue);
      return Promise.resolve();
    };
    const channel = { ended: { promise: ended.promise }, consumeOne };
    return this.oneAtATime.admit(channel, queue);
  }

  /** Ends the turn of a queue that delivers nothing. */
  end(queue: string): void {
    this.#ends.get(queue)?.resolve();
  }

  /** The connection is made and ends. @param during The queue in whose turn it ends. */
  async endOfConnection(cause: unknown, now: number, during?: string): Promise<void> {
    this.oneAtATime.connected(now);
    if (during !== undefined) {
      const turn = Promise.withResolvers<void>();
      const inTurn = Promise.withResolvers<void>();
      const consumeOne = () => {
        inTurn.resolve();
        return turn.promise;
      };
      void this.oneAtATime.admit({ ended: turn, consumeOne }, during);
      await inTurn.promise;
      this.oneAtATime.ended(cause, now);
      turn.resolve();
    } else this.oneAtATime.ended(cause, now);
  }
}

const FAULT = new UnreadableFrame(new Error("Invalid frame"));

Deno.test("queues are consumed together after one end by what was read", async () => {
  const queues = new Queues();
  await queues.endOfConnection(FAULT, 0);
  queues.oneAtATime.connected(1);
  await queues.consume("a");
  assert.deepEqual(queues.alone, []);
});

Deno.test("queues are consumed one at a time after two ends within a minute", async () => {
  const queues = new Queues();
  await queues.endOfConnection(FAULT, 0);
  await queues.endOfConnection(FAULT, 59_000);
  queues.oneAtATime.connected(59_500);
  const together = [queues.consume("a"), queues.consume("b")];
  queues.end("a");
  queues.end("b");
  await Promise.all(together);
  assert.deepEqual(queues.alone, ["a", "b"]);
  assert.match(queues.notices.join(), /^warning: .* queues are consumed one at a time/);
});

Deno.test("ends that are further apart count as one", async () => {
  const queues = new Queues();
  await queues.endOfConnection(FAULT, 0);
  await queues.endOfConnection(FAULT, 61_000);
  queues.oneAtATime.connected(61_500);
  await queues.consume("a");
  assert.deepEqual(queues.alone, []);
});

Deno.test("the queue in whose turn the connection ends is parked, for five minutes", async () => {
  const queues = new Queues();
  await queues.endOfConnection(FAULT, 0);
  await queues.endOfConnection(FAULT, 1000);
  await queues.endOfConnection(FAULT, 2000, "bad");
  assert.equal(queues.oneAtATime.parkedMs("bad", 2000), 300_000);
  assert.equal(queues.oneAtATime.parkedMs("bad", 302_000), 0);
  assert.equal(queues.oneAtATime.parkedMs("good", 2000), 0);
  assert.match(
    queues.notices.at(-1) ?? "",
    /^error: Queue bad is parked for 300 s: .*Invalid frame/,
  );
});

Deno.test("the queue in whose turn the link is lost is not parked", async () => {
  const queues = new Queues();
  await queues.endOfConnection(FAULT, 0);
  await queues.endOfConnection(FAULT, 1000);
  await queues.endOfConnection(coded("ECONNRESET"), 2000, "good");
  assert.equal(queues.oneAtATime.parkedMs("good", 2000), 0);
});

queueTest(
  "the one of three queues that ends the connection is parked, the others go on",
  async (fixture) => {
    const proxy = fixture.proxy();
    proxy.onAnswer = breakFrame;
    const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
    const names = [fixture.queue, fixture.anotherQueue(), fixture.anotherQueue()];
    for (const name of names) await broker.declare(name);
    await fixture.client.publish(names[1] ?? "", '"poison"');
    const engines = [];
    for (const queue of names) engines.push(await fixture.start({ broker, queue }));
    const parked = () => fixture.notices.filter((text) => text.includes("is parked"));
    await until("a queue is parked", () => parked().length > 0);
    for (const queue of [names[0], names[2]]) await fixture.client.publish(queue ?? "", "1");
    await engines[0]?.untilRan(1);
    await engines[2]?.untilRan(1);
    assert.match(parked().join(), new RegExp(`^error: Queue ${names[1]} is parked for 300 s`));
    assert.deepEqual(engines.map(({ consumer }) => consumer.isParked), [false, true, false]);
    const ended = fixture.notices.filter((text) => text.includes("was lost"));
    assert.equal(ended.length, 3, ended.join("\n"));
  },
);

queueTest("no queue is parked when its connection is cut ten times", async (fixture) => {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
  const engine = await fixture.start({ broker });
  for (let n = 1; n <= 10; n++) {
    proxy.cut();
    await fixture.client.publish(fixture.queue, String(n));
    await engine.untilRan(n);
  }
  assert.deepEqual(fixture.notices.filter((text) => /parked|one at a time/.test(text)), []);
});

/** Takes the end mark from the frame with a poisonous body. */
function breakFrame(bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = buffer.indexOf('"poison"');
  if (at >= 0) bytes[at + '"poison"'.length] = 0;
}
