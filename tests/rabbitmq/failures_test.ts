/**
 * What happens to the broker while events are published and consumed: consumption goes on by
 * itself, and no confirmed event is lost. One node for all, as each start of one takes its time.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { PrivateRabbitmq } from "../../scripts/rabbitmq.ts";
import { Engine } from "../fixtures/rabbitmq/engine.ts";
import { Load } from "../fixtures/rabbitmq/load.ts";
import { until } from "../fixtures/until.ts";
import { privateRabbitmqTest } from "../servers.ts";

/** Consumption goes on this soon after the broker's return. */
const BACK_SECONDS = 5;

privateRabbitmqTest("no trouble of the broker loses a confirmed event", {}, async (node, t) => {
  const trouble = (name: string, make: (loads: Loads) => Promise<void>) =>
    t.step(name, async () => {
      await using loads = await Loads.start(node);
      await make(loads);
      const ms = await loads.untilConsumedAfter(performance.now());
      console.log(`    ${name}: consumed again after ${Math.round(ms)} ms`);
      await loads.assertNothingLost();
    });

  await trouble("the broker is restarted", () => node.restart());

  await trouble("the broker is killed", async () => {
    await node.kill();
    await node.start();
  });

  await trouble("an operator closes the connections", async () => {
    await node.ctl("close_all_connections", "for the test");
  });

  await trouble("the operator does so again and again", async () => {
    for (let i = 0; i < 3; i++) await node.ctl("close_all_connections", "for the test");
  });

  await trouble("the broker closes all channels because of an error", async ({ all }) => {
    await node.ctl("eval", ACKNOWLEDGE_UNKNOWN);
    await until(
      "it was noticed",
      () =>
        all.every(({ notices }) => notices.some((text) => text.includes("unknown delivery tag"))),
    );
  });

  await trouble("the queues are deleted, so the broker cancels the consumers", async ({ all }) => {
    for (const load of all) {
      await load.assertNothingLost();
      await node.ctl("delete_queue", load.queue);
      await until("it was noticed", () => load.notices.some((text) => text.includes("deleted")));
      load.resumePublishing();
    }
  });

  await trouble("the broker has an alarm and takes nothing", async ({ all }) => {
    await setMemoryLimit(node, "0.0000001");
    await until(
      "it was noticed",
      () => all.every(({ notices }) => notices.some((text) => text.includes("has an alarm"))),
    );
    await setMemoryLimit(node, "0.4");
  });

  await t.step("stopping ends in time while the broker has an alarm", () => stopUnderAlarm(node));
});

/** A classic and a quorum queue under load. */
class Loads implements AsyncDisposable {
  readonly all: readonly Load[];

  private constructor(all: readonly Load[]) {
    this.all = all;
  }

  static async start({ url }: PrivateRabbitmq): Promise<Loads> {
    return new Loads(
      await Promise.all([Load.start(url), Load.start(url, { queueType: "quorum" })]),
    );
  }

  /** How many ms it took until both consumed again. */
  async untilConsumedAfter(time: number): Promise<number> {
    const times = this.all.map((load) => load.untilConsumedAfter(time, BACK_SECONDS));
    return Math.max(...await Promise.all(times));
  }

  async assertNothingLost(): Promise<void> {
    await Promise.all(this.all.map((load) => load.assertNothingLost()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((load) => load[Symbol.asyncDispose]()));
  }
}

/** As if each channel's client had acknowledged what it was never handed. */
const ACKNOWLEDGE_UNKNOWN = "[gen_server2:cast(Channel, {method, {'basic.ack', 999999999, false}," +
  " none, noflow}) || Channel <- rabbit_channel:list()].";

async function setMemoryLimit(node: PrivateRabbitmq, limit: string): Promise<void> {
  await node.ctl("set_vm_memory_high_watermark", limit);
}

/** Events that fail cannot be stored anew; a stop does not wait for them, and none is lost. */
async function stopUnderAlarm(node: PrivateRabbitmq): Promise<void> {
  await using load = await Load.start(node.url);
  await setMemoryLimit(node, "0.0000001");
  try {
    await until("it was noticed", () => load.notices.some((text) => text.includes("an alarm")));
    const engine = await load.engine;
    const since = performance.now();
    await engine.stop(1000);
    await load.consumer[Symbol.asyncDispose]();
    const seconds = (performance.now() - since) / 1000;
    console.log(`    stopped after ${seconds.toFixed(1)} s`);
    assert.ok(seconds < 15, `it took ${seconds} s`);
  } finally {
    await setMemoryLimit(node, "0.4");
  }
  await using next = await Engine.start({
    broker: load.publisher,
    queue: load.queue,
    consume: (event) => void load.ledger.set(Number(event), performance.now()),
  });
  await load.assertNothingLost();
  await next.stop();
}
