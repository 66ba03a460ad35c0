/**
 * `deno task dev` on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DevFixture } from "../fixtures/process/dev.ts";
import { hostTest } from "../fixtures/process/program_fixture.ts";

hostTest(
  "dev: on RabbitMQ, too, a reload leaves no connection",
  "first",
  async ({ url, client }) => {
    await using fixture = await DevFixture.open({ url });
    await fixture.untilHandled("first", "first 1");
    for (let reload = 1; reload <= 3; reload++) {
      await fixture.worker("first", `first ${1 + reload}`);
      await fixture.untilStarted(1 + reload);
      await fixture.untilHandled("first", `first ${1 + reload}`);
    }
    const { consumerCount } = await client.channel.checkQueue("first");
    assert.equal(consumerCount, 1);
    assert.equal(fixture.held.children.length, 1);
  },
);
