import assert from "node:assert/strict";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";

queueTest(
  "others see that somebody has the lock of a queue, and take nothing by it",
  async (fixture) => {
    const { queue } = fixture;
    const [one, other] = [await fixture.openBroker(), await fixture.openBroker()];
    assert.equal(await other.isLocked?.(queue), false);
    const lock = await one.lock(queue, "a test");
    assert.equal(await other.isLocked?.(queue), true);
    assert.equal(await one.isLocked?.(queue), true);
    await lock[Symbol.asyncDispose]();
    assert.equal(await other.isLocked?.(queue), false);
    await (await other.lock(queue, "another test"))[Symbol.asyncDispose]();
  },
);
