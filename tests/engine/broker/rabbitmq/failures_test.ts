/**
 * Failures of the broker while events are published and consumed: consumption goes on by itself, and
 * no confirmed event is lost. All failures share one node, because a start takes long.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { PrivateRabbitmq } from "../../../../scripts/rabbitmq.ts";
import { assertWithin } from "../../../fixtures/pace.ts";
import { ProgramFixture } from "../../../fixtures/process/program_fixture.ts";
import { Load } from "../../../fixtures/rabbitmq/load.ts";
import { QueueFixture } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";
import { privateRabbitmqTest } from "../../../servers.ts";

/** How many events are stored while the broker has an alarm. */
const COUNT = 50;
/** The time in which consumption goes on after the broker's return. */
const BACK_SECONDS = 5;

/**
 * RabbitMQ 3.10 writes the name of a new quorum queue to disk some seconds after it is made. If it is
 * killed before, the queue is lost with its events, so the queues must be older than this.
 */
const QUEUE_AGE_MS = 5000;

privateRabbitmqTest("no failure of the broker loses a confirmed event", {}, async (node, t) => {
  await using loads = await Loads.start(node);
  const trouble = (name: string, make: () => Promise<void>) =>
    t.step(name, async () => {
      loads.resumePublishing();
      await make();
      const ms = await loads.untilConsumedAfter(performance.now());
      console.log(`    ${name}: consumed again after ${Math.round(ms)} ms`);
      await loads.assertNothingLost();
    });

  await trouble("an operator closes the connections", async () => {
    await node.ctl("close_all_connections", "for the test");
  });

  await trouble("the operator does so again and again", async () => {
    for (let i = 0; i < 3; i++) await node.ctl("close_all_connections", "for the test");
  });

  await trouble("the broker closes all channels because of an error", async () => {
    await node.ctl("eval", ACKNOWLEDGE_UNKNOWN);
    await loads.untilSaid("unknown delivery tag");
  });

  await trouble("the broker has an alarm and accepts nothing", async () => {
    await setMemoryLimit(node, "0.0000001");
    await loads.untilSaid("has an alarm");
    await setMemoryLimit(node, "0.4");
  });

  await t.step("stopping ends in time while the broker has an alarm", () => stopUnderAlarm(node));

  await t.step("SIGTERM ends a process while the broker has an alarm", () => endUnderAlarm(node));

  await trouble("the broker is restarted", () => node.restart());

  await until("the queues are old enough", () => performance.now() - loads.since > QUEUE_AGE_MS);
  await trouble("the broker is killed", async () => {
    await node.kill();
    await node.start();
  });

  await trouble("the queues are deleted, so the broker cancels the consumers", async () => {
    await loads.assertNothingLost();
    for (const { queue } of loads.all) await node.ctl("delete_queue", queue);
    await loads.untilSaid("was deleted");
    loads.resumePublishing();
  });
});

/** A classic and a quorum queue under load. */
class Loads implements AsyncDisposable {
  readonly all: readonly Load[];
  /** When the queues were made. */
  readonly since = performance.now();

  private constructor(all: readonly Load[]) {
    this.all = all;
  }

  static async start({ url }: PrivateRabbitmq): Promise<Loads> {
    return new Loads(
      await Promise.all([Load.start(url), Load.start(url, { queueType: "quorum" })]),
    );
  }

  /** ms until both consumed again. */
  async untilConsumedAfter(time: number): Promise<number> {
    const times = this.all.map((load) => load.untilConsumedAfter(time, BACK_SECONDS));
    return Math.max(...await Promise.all(times));
  }

  /** Waits until each broker object has reported a notice with this text. */
  async untilSaid(text: string): Promise<void> {
    await until(
      `it said ${text}`,
      () => this.all.every(({ notices }) => notices.some((notice) => notice.includes(text))),
    );
  }

  resumePublishing(): void {
    for (const load of this.all) load.resumePublishing();
  }

  async assertNothingLost(): Promise<void> {
    await Promise.all(this.all.map((load) => load.assertNothingLost()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((load) => load[Symbol.asyncDispose]()));
  }
}

/** Acknowledges, on each channel, a delivery that does not exist. */
const ACKNOWLEDGE_UNKNOWN = "[gen_server2:cast(Channel, {method, {'basic.ack', 999999999, false}," +
  " none, noflow}) || Channel <- rabbit_channel:list()].";

async function setMemoryLimit(node: PrivateRabbitmq, limit: string): Promise<void> {
  await node.ctl("set_vm_memory_high_watermark", limit);
}

/** The most events that a process takes while no copy can be stored. */
const WINDOW = 20;

/** Copies of failed events cannot be stored, so no more events are taken; a stop does not wait for copies, and none is lost. */
async function stopUnderAlarm(node: PrivateRabbitmq): Promise<void> {
  await using fixture = await QueueFixture.open(node, "alarm");
  const broker = await fixture.openBroker();
  await broker.declare(fixture.queue);
  for (let i = 0; i < COUNT; i++) await broker.publish(fixture.queue, String(i));
  await setMemoryLimit(node, "0.0000001");
  try {
    const engine = await fixture.start({
      broker,
      prefetch: WINDOW,
      consume: () => {
        throw new Error("not now");
      },
    });
    await until("it was noticed", () => fixture.notices.some((text) => text.includes("an alarm")));
    await until("its window is full", () => engine.ledger.length === WINDOW);
    assert.equal(engine.consumer.inFlight, WINDOW);
    assert.equal(await fixture.client.ready(fixture.queue), COUNT - WINDOW);
    const since = performance.now();
    await engine.stop(1000);
    await broker[Symbol.asyncDispose]();
    const ms = performance.now() - since;
    console.log(`    stopped after ${(ms / 1000).toFixed(1)} s`);
    await assertWithin(ms, 10_000, "the stop");
  } finally {
    await setMemoryLimit(node, "0.4");
  }
  const next = await fixture.start({ broker: await fixture.openBroker() });
  await until("all ran", () => new Set(next.events).size === COUNT);
}

/** The real program, whose events all fail, releases its events and exits with 0. */
async function endUnderAlarm(node: PrivateRabbitmq): Promise<void> {
  await using fixture = await ProgramFixture.open(node.url);
  await fixture.worker();
  await fixture.publish(Array.from({ length: COUNT }, () => ({ do: "throw" })));
  await setMemoryLimit(node, "0.0000001");
  try {
    const program = fixture.consume([], {
      [`PQ_${fixture.queue.toUpperCase().replaceAll("-", "_")}_PREFETCH`]: String(WINDOW),
    });
    await fixture.untilWritten("started", WINDOW);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  } finally {
    await setMemoryLimit(node, "0.4");
  }
  await fixture.untilReady(COUNT);
}
