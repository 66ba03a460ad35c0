/**
 * RabbitMQ as a cluster of three nodes, which are killed, restarted and paused.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import type { RabbitmqCluster } from "../../scripts/rabbitmq.ts";
import { assertGood, crashed } from "../fixtures/crash.ts";
import { QueueFixture } from "../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../fixtures/until.ts";
import { clusterTest } from "../servers.ts";

const KINDS = [
  "leader killed",
  "follower killed",
  "client's node killed",
  "client's node restarted",
  "client's node paused",
];

clusterTest("a cluster whose nodes fail loses no confirmed event", async (cluster, t) => {
  await t.step(
    "a classic queue whose node is down is not taken for a missing one",
    () => downAndBack(cluster),
  );
  await t.step("no fault of a node loses a confirmed event", async () => {
    const result = await crashed({ server: cluster, seconds: 60, seed: 13 });
    assertGood(result);
    const kinds = result.recoveries.map(({ kind }) => kind);
    for (const kind of KINDS) assert.ok(kinds.includes(kind), `${kind} was not among ${kinds}`);
  });
});

/** RabbitMQ 3 returns an event for such a queue, and 4 refuses it. */
const UNAVAILABLE =
  /exists but cannot be used now \(.*: start the node|or be on a node that is down/;
/** RabbitMQ 4 waits for the node before it answers, in s. */
const ANSWER_SECONDS = 150;

/** Consumes a classic queue through another node than its own, which is killed and started again. */
async function downAndBack({ nodes: [own, other] }: RabbitmqCluster): Promise<void> {
  assert.ok(own && other);
  await using fixture = await QueueFixture.open(other, "fixture");
  {
    await using maker = await openRabbitmq({ url: own.url });
    await maker.declare(fixture.queue);
  }
  const broker = await fixture.broker();
  const engine = await fixture.start({ broker });
  await broker.publish(fixture.queue, "1");
  await engine.untilSettled("processed", 1);
  await own.kill();
  const said = () => fixture.notices.some((text) => /exists but cannot be used now/.test(text));
  await until("it said that the queue cannot be used", said, ANSWER_SECONDS);
  await assert.rejects(broker.publish(fixture.queue, "2"), { message: UNAVAILABLE });
  await own.start();
  const published = () => broker.publish(fixture.queue, "3").then(() => true, () => false);
  await until("the queue takes events again", published);
  await engine.untilSettled("processed", 2);
  assert.doesNotMatch(fixture.notices.join("\n"), /There is no queue|was deleted/);
}
