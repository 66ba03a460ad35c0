/** The command `dashboard` beside a worker: looks, tasks in its thread, an end by SIGTERM. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { Broker } from "../../lib/engine/broker/broker.ts";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import type { FailedPage } from "../../lib/operations/failed/scan.ts";
import type { Task } from "../../lib/operations/failed/task.ts";
import type { DashboardView } from "../../lib/operations/dashboard/view.ts";
import { Program } from "../fixtures/process/program.ts";
import { programTest, withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const QUEUE = "orders";
const WORKER = `import { defineWorker } from "process-queue/worker";
import { z } from "zod";
export default defineWorker({ queue: "QUEUE", event: z.object({ n: z.number() }),
  secrets: ["n"], consume() {} });
`;

/** The dashboard of a process. */
class Client {
  constructor(readonly url: string, readonly token: string) {}

  async get<Answer>(path: string, status = 200): Promise<Answer> {
    return await this.#send(path, {}, status);
  }

  async post<Answer>(path: string, body: unknown, status = 200): Promise<Answer> {
    const headers = { "Content-Type": "application/json" };
    return await this.#send(path, { method: "POST", headers, body: JSON.stringify(body) }, status);
  }

  /** Runs a task to its end. */
  async task(path: string, body: unknown): Promise<Task> {
    const { task } = await this.post<{ task: Task }>(path, body, 202);
    return await until("the task ends", async () => {
      const now = await this.get<Task>(`/v1/tasks/${task.id}?wait=5`);
      return now.state === "running" ? undefined : now;
    }, 120);
  }

  async text(path: string): Promise<string> {
    const headers = { Authorization: `Bearer ${this.token}` };
    return await (await fetch(this.url + path, { headers })).text();
  }

  async #send<Answer>(path: string, init: RequestInit, status: number): Promise<Answer> {
    const headers = { ...init.headers, Authorization: `Bearer ${this.token}` };
    const response = await fetch(this.url + path, { ...init, headers });
    const body = await response.json();
    assert.equal(response.status, status, JSON.stringify(body));
    return body;
  }
}

interface Scene {
  readonly folder: string;
  readonly queue: string;
  readonly env: Record<string, string>;
  readonly broker: Broker;
}

/** Two causes of failures, and what is done about them from a page. */
async function story({ folder, queue, env, broker }: Scene): Promise<void> {
  Deno.mkdirSync(`${folder}/workers`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/workers/${queue}.ts`, WORKER.replace("QUEUE", queue));
  await broker.declare(queue);
  await broker.declare(`${queue}.failed`);
  for (let n = 0; n < 240; n++) await fail(broker, queue, n);
  await using program = Program.start(["dashboard", "--http", "0"], { cwd: folder, env });
  const { address } = await program.untilLogged(/^HTTP listens on/, 120);
  const token = readFileSync(`${env["STATE_DIR"]}/http-token`, "utf8").trim();
  const client = new Client(String(address), token);

  const view = await until("the queue is seen", async () => {
    const { queues } = await client.get<DashboardView>("/v1/dashboard");
    return queues.find((row) => row.queue === queue && row.failed === 240);
  }, 120);
  assert.equal(view.ready, 0);
  const failed = `/v1/queues/${queue}/failed`;
  const page = await client.get<FailedPage>(`${failed}?limit=2`);
  assert.deepEqual(page.groups.map(({ count }) => count), [180, 60]);
  assert.equal(page.events[0]?.id, "id-239");
  assert.match(page.events[0]?.body_start ?? "", /"\*\*\*"/, "the worker calls it secret");
  const [busy] = page.groups.map(({ fingerprint }) => fingerprint);

  const [handle] = page.events.map((event) => event.handle);
  const mend = { filter: { ids: [handle] }, expected: 1 };
  await client.post(`${failed}/retry`, { ...mend, body: '{"n":"x"}' }, 400);
  const mended = await client.task(`${failed}/retry`, { ...mend, body: '{"n":1}' });
  assert.deepEqual([mended.state, await bodies(broker, queue)], ["done", ['{"n":1}']]);
  await client.get(`${failed}/${handle}`, 404);

  const drop = { filter: { groups: [busy] }, expected: 179 };
  await client.post(`${failed}/drop`, drop, 409);
  const counted = await client.task(`${failed}/drop`, { ...drop, dry_run: true });
  assert(counted.result && "matched" in counted.result);
  assert.deepEqual([counted.result.matched, counted.result.moved], [179, 0]);
  const dropped = await client.task(`${failed}/drop`, drop);
  assert.equal(dropped.state, "done", JSON.stringify(dropped));
  const lines = (await client.text(`/v1/tasks/${dropped.id}/saved`)).trim().split("\n");
  assert.equal(lines.length, 179);
  assert.equal(readdirSync(`${env["STATE_DIR"]}/dropped`).length, 1);

  const slow = { filter: { all: true }, expected: 60, rate: 2 };
  const { task } = await client.post<{ task: Task }>(`${failed}/retry`, slow, 202);
  await until("some are put back", async () => {
    return (await client.get<Task>(`/v1/tasks/${task.id}`)).progress?.removed ?? 0;
  }, 120);
  await client.post(`${failed}/scan`, {}, 409);
  assert.match(await client.text("/livez"), /^ok$/m);
  program.signal("SIGTERM");
  const { code, stdout, stderr } = await program.end(120);
  assert.equal(code, 0, stderr.join("\n"));
  assert(![...stdout, ...stderr].join("\n").includes(token), "the token is in no log");
  await until("every event is in one of the queues", async () => {
    const [main, rest] = await Promise.all([broker.depth(queue), broker.depth(`${queue}.failed`)]);
    const all = (main?.ready ?? 0) + (rest?.ready ?? 0) + lines.length;
    return all === 240 && (rest?.ready ?? 0) > 0;
  }, 120);
}

/** Puts a dead letter there: three in four find a server busy, the others are broken. */
async function fail(broker: Broker, queue: string, n: number): Promise<void> {
  const isBroken = n % 4 === 0;
  await broker.publish(`${queue}.failed`, JSON.stringify({ n }), {
    messageId: `id-${n}`,
    headers: {
      "x-pq-reason": isBroken ? "invalid" : "error",
      "x-pq-error-name": isBroken ? "InvalidEvent" : "ServerBusy",
      "x-pq-error-message": isBroken ? "n is missing" : "try again later",
      "x-pq-failed-at": new Date().toISOString(),
    },
  });
}

async function bodies(broker: Broker, queue: string): Promise<string[]> {
  return (await broker.peek(queue, 10)).map(({ body }) => new TextDecoder().decode(body));
}

Deno.test("from the dashboard events of the embedded broker are mended, dropped and put back", async () => {
  await withFolder(async (folder) => {
    const stateDir = `${folder}/state`;
    await using broker = await openSqliteBroker({ stateDir, report: () => {}, version: "test" });
    const env = { BROKER: "embedded", STATE_DIR: stateDir, WORKERS_DIR: `${folder}/workers` };
    await story({ folder, queue: QUEUE, env, broker });
  });
});

programTest(
  "from the dashboard events on RabbitMQ are mended, dropped and put back",
  async ({ url, queue, folder, env }) => {
    await using broker = await openRabbitmq({ url });
    await story({ folder, queue, env, broker });
  },
);
