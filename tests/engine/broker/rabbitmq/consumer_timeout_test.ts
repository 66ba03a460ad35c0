/** A handler that runs longer than RabbitMQ waits for an acknowledgement. */

import assert from "node:assert/strict";
import { QueueFixture } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";
import { privateRabbitmqTest } from "../../../servers.ts";

/** Has RabbitMQ close a channel with a delivery that is older than a second. */
const SHORT_TIMEOUT = "application:set_env(rabbit, consumer_timeout, 1000), " +
  "application:set_env(rabbit, channel_tick_interval, 500).";

privateRabbitmqTest(
  "a handler that runs longer than consumer_timeout runs once, and each time is an error",
  {},
  async (server) => {
    await server.ctl("eval", SHORT_TIMEOUT);
    await using fixture = await QueueFixture.open(server, "fixture");
    const finish = Promise.withResolvers<void>();
    const engine = await fixture.start({
      consume: (event) => event === "slow" ? finish.promise : undefined,
      concurrency: 2,
      maxConsumeSeconds: null,
    });
    assert.match(
      engine.notices.join("\n"),
      /^warning: A handler of queue \S+ may run for longer than the 1800 s after which RabbitMQ closes a channel with an unacknowledged event: /,
    );
    // Published as Zulip does, without an id.
    await fixture.client.publish(fixture.queue, '"slow"');
    await fixture.client.publish(fixture.queue, '"quick"');
    const errors = () => fixture.notices.filter((text) => text.startsWith("error: "));
    await until("two of its deliveries were too long", () => errors().length === 2);
    finish.resolve();
    await until("it is acknowledged", async () => {
      return await fixture.client.ready(fixture.queue) === 0 && engine.consumer.inFlight === 0;
    });
    await engine.stop();
    assert.deepEqual(engine.events, ["slow", "quick"]);
    assert.equal(await fixture.client.ready(fixture.queue), 0);
    assert.match(
      errors()[0] ?? "",
      /^error: A handler of queue \S+ ran too long for RabbitMQ\. It goes on, and is not called again when its event is redelivered here\. Set maxConsumeSeconds below consumer_timeout: The broker closed the channel /,
    );
  },
);
