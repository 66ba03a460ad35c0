import assert from "node:assert/strict";
import { ClientQueue } from "../../../lib/domain/realtime/client_queue.ts";
import type { KeptQueue } from "../../../lib/domain/realtime/queue_file.ts";
import { QueueStore } from "../../../lib/server/realtime/queue_store.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { eventClient } from "../../fixtures/realtime/clients.ts";

function keptQueue(queueId: string): KeptQueue {
  const queue = new ClientQueue(queueId);
  queue.push({ type: "device", op: "add", device_id: 9007199254740993n });
  const client = eventClient({ queueId });
  const polledAt = 1_700_000_000_000;
  return { client, queue, idleTimeoutSeconds: 600, polledAt, isOffline: false, isLost: false };
}

const QUEUES = Array.from({ length: 300 }, (_, n) => keptQueue(`q${n}`));

async function loaded(folder: string, port?: number) {
  using store = QueueStore.open(folder, port);
  assert(store);
  const { queues, ...rest } = await store.load();
  return { ids: queues.map(({ client }) => client.queueId), first: queues[0], ...rest };
}

Deno.test("queues of a server that stopped are read once, those of a killed one are lost", async () => {
  await withFolder(async (folder) => {
    assert.deepEqual((await loaded(folder)).ids, []);
    {
      using store = QueueStore.open(folder, undefined);
      assert(store);
      await store.saveRunning(QUEUES.slice(0, 1));
      await store.saveStopped(QUEUES);
    }
    const { ids, isLost, first } = await loaded(folder);
    assert.deepEqual([ids.length, ids[299], isLost], [300, "q299", false]);
    assert.equal(first?.queue.events()[0]?.device_id, 9007199254740993n);
    const again = await loaded(folder);
    assert.deepEqual([again.ids.length, again.isLost], [300, true]);
    const { mode } = await Deno.stat(`${folder}/event_queues.running.json`);
    assert.equal((mode ?? 0) & 0o777, 0o600);
    assert.deepEqual((await loaded(folder, 9801)).ids, []);
  });
});

Deno.test("a damaged file is kept beside, with a line, and a second process does not have the files", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/event_queues.json`;
    await Deno.writeTextFile(path, "[[");
    const { ids, problems } = await loaded(folder);
    assert.deepEqual(ids, []);
    assert.match(problems.join(), /event_queues\.json cannot be read, so all clients .*\.damaged$/);
    assert.equal(await Deno.readTextFile(`${path}.damaged`), "[[");
    using store = QueueStore.open(folder, undefined);
    assert(store);
    assert.equal(QueueStore.open(folder, undefined), undefined);
  });
});

Deno.test("a queue that cannot be read is named, and the others are read", async () => {
  await withFolder(async (folder) => {
    {
      using store = QueueStore.open(folder, undefined);
      await store?.saveStopped(QUEUES.slice(0, 2));
    }
    const path = `${folder}/event_queues.json`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"realm_id":1', '"realm_id":"one"'));
    const { ids, problems } = await loaded(folder);
    assert.deepEqual(ids, ["q1"]);
    assert.match(problems.join(), /The event queue q0 in .* cannot be read, .*realm_id/s);
  });
});
