/**
 * A newcomer's first hour, with nothing but the binary: a worker is made, checked, tested, run on
 * RabbitMQ, published to from Python and TypeScript, fails, is looked at, is mended, and its event is put back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { AttachedRabbitmq } from "../../scripts/rabbitmq.ts";
import { pikaPublish, whereInstalled } from "../fixtures/interop/clients.ts";
import { Installed, isBinaryMissing } from "../fixtures/process/binary.ts";
import type { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { rabbitmqTest } from "../servers.ts";

const PUBLISHER = `import { connect } from "process-queue/client";
import greetings from "./greetings.ts";

await using client = await connect(Deno.args[0] ?? "");
await client.publish(greetings, { name: "Grace" });
await client.publish(greetings, { name: "Bob" });
`;

/** The worker with a bug: it refuses short names. */
function withBug(worker: string): string {
  return worker.replace('queue: "greetings",', 'queue: "greetings",\n  retries: [],')
    .replace(
      "    ctx.log",
      "    if (name.length < 4) throw new Error(`${name} is short`);\n    ctx.log",
    );
}

if (!isBinaryMissing) {
  whereInstalled("a newcomer's story with the binary", () => {
    rabbitmqTest(
      "a newcomer makes a worker, sees it fail, mends it and puts the event back",
      story,
    );
  });
}

async function story(server: AttachedRabbitmq): Promise<void> {
  const host = `newcomer-${crypto.randomUUID()}`;
  await server.ctl("add_vhost", host);
  try {
    await server.ctl("set_permissions", "-p", host, "guest", ".*", ".*", ".*");
    const url = `${server.url}/${host}`;
    await withFolder((folder) => new Newcomer(folder, url).tellsStory());
  } finally {
    await server.ctl("delete_vhost", host);
  }
}

class Newcomer {
  readonly #installed: Installed;
  readonly #mine: string;

  constructor(folder: string, readonly url: string) {
    this.#mine = `${folder}/mine`;
    this.#installed = new Installed(folder, { AMQP_URL: url, WORKERS_DIR: this.#mine });
  }

  async tellsStory(): Promise<void> {
    await this.#makesWorker();
    const worker = readFileSync(`${this.#mine}/greetings.ts`, "utf8");
    writeFileSync(`${this.#mine}/greetings.ts`, withBug(worker));
    await using program = this.#installed.start("--queue_name", "greetings");
    await this.#publishes();
    await this.#findsCause(program);
    await this.#looksAtDashboard();
    writeFileSync(`${this.#mine}/greetings.ts`, worker);
    await this.#putsBack(program);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  }

  async #makesWorker(): Promise<void> {
    await this.#installed.ok("new", "mine");
    await this.#deno("check");
    assert.match(await this.#deno("test", "-A"), /2 passed/);
  }

  /** From Python as Zulip does, and from TypeScript with the types of the worker. */
  async #publishes(): Promise<void> {
    await pikaPublish(this.url, "greetings", [{ body: '{"name": "Ada L."}' }]);
    writeFileSync(`${this.#mine}/_publish.ts`, PUBLISHER);
    await this.#deno("check", "_publish.ts");
    await this.#deno("run", "-A", "_publish.ts", this.url);
  }

  async #findsCause(program: Program): Promise<void> {
    await program.untilLogged(/^Hello Ada L\.$/);
    await program.untilLogged(/^Hello Grace$/);
    await program.untilLogged(/^Problem handling data on queue greetings$/);
    const groups = (await this.#installed.ok("failed", "groups", "greetings")).join("\n");
    assert.match(groups, /\b1 +error\b/);
    assert.match(groups, /Error: Bob is short/);
  }

  /** Its page is served, and shows the cause to whoever has the token. */
  async #looksAtDashboard(): Promise<void> {
    await using dashboard = this.#installed.start("dashboard", "--http", "127.0.0.1:0");
    const [, page = "", file = ""] = await dashboard.until("the dashboard is served", () => {
      return dashboard.stdout.join("\n").match(/at (http:\S+)\/; sign in with the token in (.+)$/m);
    }) ?? [];
    const headers = { Authorization: `Bearer ${readFileSync(file, "utf8").trim()}` };
    const answer = await fetch(`${page}/v1/queues/greetings/failed`, { headers });
    const { groups } = await answer.json();
    assert.deepEqual(
      groups.map(({ message, count }: Record<string, unknown>) => [message, count]),
      [["Bob is short", 1]],
    );
    assert.match(await (await fetch(`${page}/queues/greetings/failed`)).text(), /<!doctype html>/i);
    dashboard.signal("SIGTERM");
    assert.equal((await dashboard.end()).code, 0);
  }

  async #putsBack(program: Program): Promise<void> {
    await this.#installed.ok("restart", "greetings", "--yes");
    const lines = await this.#installed.ok("failed", "retry", "greetings", "--all", "--yes");
    assert.deepEqual(lines, ["1 of 1 event put back into greetings; 0 left"]);
    await program.untilLogged(/^Hello Bob$/);
    const [json = "{}"] = await this.#installed.ok("queues", "greetings", "--json");
    const [{ ready, failed, consumers }] = JSON.parse(json).queues;
    assert.deepEqual({ ready, failed, consumers }, { ready: 0, failed: 0, consumers: 1 });
  }

  async #deno(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: this.#mine,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert(success, text);
    return text;
  }
}
