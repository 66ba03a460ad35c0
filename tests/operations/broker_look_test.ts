import assert from "node:assert/strict";
import { BrokerLooks, LOOKS_AT_ONCE } from "../../lib/operations/broker_look.ts";

Deno.test("many queues are looked at some at a time, as a connection has few channels", async () => {
  let open = 0;
  let most = 0;
  const depth = async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    return { ready: 0, consumers: 0 };
  };
  const broker = { depth, waiting: () => Promise.resolve(0), peek: () => Promise.resolve([]) };
  const names = Array.from({ length: 5000 }, (_, index) => `queue${index}`);
  const looks = await new BrokerLooks({ broker, isEmbedded: true }).all(names);
  assert.deepEqual([...looks.keys()], names);
  assert([...looks.values()].every(({ problem }) => problem === null));
  assert(most <= 2 * LOOKS_AT_ONCE, `${most}`);
});
