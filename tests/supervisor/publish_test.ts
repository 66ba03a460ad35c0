import assert from "node:assert/strict";
import { type Broker, BrokerError } from "../../lib/broker/broker.ts";
import { MemoryBroker } from "../../lib/broker/memory.ts";
import { Supervisor } from "../../lib/supervisor.ts";
import { Surroundings } from "../fixtures/executor/bench.ts";
import { until } from "../fixtures/until.ts";

/** A broker that takes nothing for the queue `full`. */
class Refusing extends MemoryBroker {
  override publish(...args: Parameters<Broker["publish"]>): Promise<void> {
    if (args[0] !== "full") return super.publish(...args);
    return Promise.reject(new BrokerError("refused", "the queue full takes no more"));
  }
}

/** Runs the worker `steered` in a thread on what is published to it. */
async function supervised(
  test: (broker: MemoryBroker, prompter: Surroundings["prompter"]) => Promise<void>,
): Promise<void> {
  using surroundings = new Surroundings({}, () => {});
  const stateDir = await Deno.makeTempDir({ prefix: "pq-supervisor-" });
  await using broker = new Refusing();
  const supervisor = new Supervisor({
    file: surroundings.file,
    queue: surroundings.file.name,
    workerNum: 0,
    config: { ...surroundings.config, stateDir },
    broker,
    report: () => {},
    isOnly: true,
    onlyIfActive: false,
  });
  const ended = supervisor.start();
  try {
    await broker.declare("steered");
    await test(broker, surroundings.prompter);
  } finally {
    await supervisor.stop(0);
    await ended;
    await Deno.remove(stateDir, { recursive: true });
  }
}

Deno.test("what a handler in a thread publishes is in its queue when it goes on", async () => {
  await supervised(async (broker, prompter) => {
    await broker.publish("steered", JSON.stringify({ id: "a", do: "publish", to: "other" }));
    assert.equal(await prompter.tell("a"), "published");
    const [event] = await broker.peek("other", 2);
    assert.equal(new TextDecoder().decode(event?.body), '{"from":"a"}');
    await until("its event is done", async () => (await broker.depth("steered"))?.ready === 0);
  });
});

Deno.test("a BrokerError comes to a handler in a thread as what it is", async () => {
  await supervised(async (broker, prompter) => {
    await broker.publish("steered", JSON.stringify({ id: "a", do: "publish", to: "full" }));
    assert.deepEqual(await prompter.tell("a"), {
      name: "BrokerError",
      message: "the queue full takes no more",
      kind: "refused",
    });
  });
});
