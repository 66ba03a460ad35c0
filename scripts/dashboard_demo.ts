/**
 * The dashboard on made-up queues in all kinds of states, on the embedded broker in a folder of its
 * own, until Ctrl-C:
 *
 *   deno run -A scripts/dashboard_demo.ts [--port 9890] [--folder DIR] [--failures 300]
 *
 * @module
 */

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { newEventProperties } from "../lib/engine/broker/headers.ts";
import { openSqliteBroker } from "../lib/engine/broker/sqlite/sqlite.ts";
import type { Broker } from "../lib/engine/broker/broker.ts";
import { PausedQueues } from "../lib/operations/paused.ts";

const ROOT = join(import.meta.dirname ?? ".", "..");
const WORKERS_DIR = join(ROOT, "scripts/dashboard_demo/workers");
/** The queues of each process. */
const PROCESSES: readonly (readonly string[])[] = [
  ["demo_mails", "demo_orders", "demo_pictures", "demo_digests", "demo_exports"],
  ["demo_orders", "demo_webhooks", "demo_reports"],
];
const TEMPLATES = ["missed_message", "confirm_registration", "password_reset", "invitation"];
const PUBLISH_MS = 500;

/** What the demo makes. */
export interface DemoOptions {
  /** `STATE_DIR`; nothing may be there. */
  readonly folder: string;
  /** How many mails fail, about. */
  readonly failures: number;
}

/** The settings of the demo's programs. */
export function demoSettings(folder: string): Record<string, string> {
  return { BROKER: "embedded", STATE_DIR: folder, WORKERS_DIR, NO_COLOR: "1" };
}

/** Fills the queues with what is there at the start. */
export async function fillDemo(broker: Broker, { folder, failures }: DemoOptions): Promise<void> {
  writeFileSync(join(folder, "down"), "");
  new PausedQueues(folder).write("demo_digests", {
    by: "ada",
    at: new Date(Date.now() - 7_200_000).toISOString(),
    reason: "template fix",
    until: null,
  });
  const queues = new Set(PROCESSES.flat());
  for (const queue of [...queues, "demo_invoices"]) await broker.declare(queue);
  await publish(broker, "demo_mails", Array.from({ length: failures }, (_, n) => mail(n)));
  await publish(broker, "demo_mails", [{ to: "eve@example.com", kind: "ok" }, { kind: "busy" }]);
  await publish(broker, "demo_digests", numbers(900));
  await publish(broker, "demo_exports", numbers(40));
  await publish(broker, "demo_invoices", numbers(12));
  await publish(broker, "demo_reports", numbers(64));
  await publish(broker, "demo_pictures", numbers(400));
  await publish(broker, "demo_webhooks", numbers(100));
}

/** Publishes what comes in about half a second. */
export async function publishMore(broker: Broker, round: number): Promise<void> {
  await publish(broker, "demo_orders", numbers(60 + Math.round(50 * Math.sin(round / 20))));
  await publish(broker, "demo_pictures", numbers(2));
  await publish(broker, "demo_webhooks", numbers(3, round));
  if (round % 8 === 0) await publish(broker, "demo_mails", [mail(round)]);
  await publish(broker, "demo_mails", [{ ...mail(round), kind: "ok" }]);
}

/** One in ten is refused, the others find the server busy. */
function mail(n: number) {
  return {
    to: `user${n}@example.com`,
    template: TEMPLATES[n % TEMPLATES.length],
    token: `secret-${n}`,
    kind: n % 10 === 9 ? "refused" : "busy",
  };
}

function numbers(count: number, first = 0) {
  return Array.from({ length: count }, (_, n) => ({ number: first + n }));
}

async function publish(broker: Broker, queue: string, events: readonly object[]): Promise<void> {
  await Promise.all(
    events.map((event) => broker.publish(queue, JSON.stringify(event), newEventProperties())),
  );
}

function start(folder: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(ROOT, "main.ts"), ...args],
    cwd: folder,
    env: demoSettings(folder),
    stdin: "null",
    // Thousands of failures are no news here.
    stderr: args[0] === "dashboard" ? "inherit" : "null",
  }).spawn();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "9890" },
      folder: { type: "string" },
      failures: { type: "string", default: "300" },
    },
  });
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), "pq-demo-"));
  const broker = await openSqliteBroker({ stateDir: folder, report: () => {}, version: "demo" });
  await fillDemo(broker, { folder, failures: Number(values.failures) });
  const children = PROCESSES.map((queues) => start(folder, ["--multi_threaded", ...queues]));
  children.push(start(folder, ["dashboard", "--http", values.port]));
  const end = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end.resolve);
  let round = 0;
  const timer = setInterval(() => void publishMore(broker, round++).catch(() => {}), PUBLISH_MS);
  const token = join(folder, "http-token");
  const shown = setInterval(() => {
    try {
      console.log(`http://127.0.0.1:${values.port}/#${readFileSync(token, "utf8").trim()}`);
      clearInterval(shown);
    } catch {
      // The dashboard has not made it yet.
    }
  }, PUBLISH_MS);
  await Promise.race([end.promise, ...children.map(({ status }) => status)]);
  clearInterval(timer);
  clearInterval(shown);
  for (const child of children) {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
  }
  await Promise.all(children.map(({ status }) => status));
  await broker[Symbol.asyncDispose]();
}

if (import.meta.main) await main();
