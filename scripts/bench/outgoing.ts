/**
 * The worker of outgoing webhooks against a host that takes 200 ms for each call: how near it comes
 * to what its concurrency allows, while it keeps the order of each bot, records each call and sends
 * the replies.
 *
 * @module
 */

import { newEventProperties } from "../../lib/engine/broker/headers.ts";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { addRealm, addUser } from "../../lib/domain/database/add_realm.ts";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../lib/domain/database/database.ts";
import { newStream } from "../../lib/domain/database/rows.ts";
import { startPostgres } from "../postgres.ts";
import { accepts, Daemon, freePort, waitUntil } from "../private_server.ts";
import { type Mark, markOf } from "./marks.ts";
import { deleteQueues, ROOT } from "./program.ts";

/** Options of the measurement. */
export interface OutgoingBenchOptions {
  /** The calls that are measured with several bots. */
  readonly events: number;
}

const QUEUE = "outgoing_webhooks";
const LATENCY_MS = 200;
/** The worker's concurrency. */
const AT_ONCE = 10;
/** The least part of the ideal rate that several bots reach. */
const LEAST = 0.9;
/** Calls that are not measured, as the code is still being compiled. */
const WARM_UP = 30;
/** Calls with one bot, which are made one after another. */
const OF_ONE = 60;
const MAX_MS = 600_000;

/** Where it is measured. */
interface Room {
  readonly amqpUrl: string;
  readonly databaseUrl: string;
  /** For the files of the program. */
  readonly folder: string;
  readonly database: string;
}

/** Measures on both databases and prints the rows. @returns Whether the worker is fast enough. */
export async function benchOutgoing(
  amqpUrl: string,
  { events }: OutgoingBenchOptions,
): Promise<boolean> {
  await using postgres = await startPostgres();
  await using undo = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "pq-bench-" });
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const databases = { sqlite: `sqlite:${folder}/outgoing.sqlite`, postgres: postgres.url };
  let isGood = true;
  for (const [database, databaseUrl] of Object.entries(databases)) {
    await migrateDatabase(databaseUrl);
    const room = { amqpUrl, databaseUrl, folder, database };
    isGood = await measure(room, 20, events) && isGood;
    await measure(room, 1, OF_ONE);
  }
  return isGood;
}

/** @returns Whether it is fast enough. */
async function measure(room: Room, bots: number, events: number): Promise<boolean> {
  const { amqpUrl, database } = room;
  const total = events + WARM_UP;
  const port = freePort();
  const args = ["run", "-A", "scripts/bench/slow_hooks.ts", String(port), String(LATENCY_MS)];
  const service = Daemon.spawn(Deno.execPath(), args, `${room.folder}/hooks`, {
    env: Deno.env.toObject(),
    cwd: ROOT,
  });
  let worker: Daemon | undefined;
  try {
    await waitUntil(() => accepts(port), MAX_MS);
    await publishAll(amqpUrl, await addBots(room.databaseUrl, bots, port), total);
    worker = start(room, port);
    const times = await timesOf(port, total, worker);
    const name = `outgoing ${database}, ${bots === 1 ? "1 bot" : `${bots} bots`}`;
    return report(name, times, bots, markOf(worker.pid, total));
  } finally {
    await worker?.end("SIGKILL");
    await service.end("SIGKILL");
    await deleteQueues(amqpUrl, [QUEUE]);
  }
}

/** @param end The worker at its last call: its CPU has that of its start in it. */
function report(name: string, times: readonly number[], bots: number, end: Mark): boolean {
  const ideal = (bots === 1 ? 1 : AT_ONCE) * 1000 / LATENCY_MS;
  const [from = NaN, to = NaN] = [times[WARM_UP - 1], times.at(-1)];
  const rate = (times.length - WARM_UP) / ((to - from) / 1000);
  const isGood = rate >= LEAST * ideal;
  const load = Deno.loadavg().map((each) => each.toFixed(1)).join(" ");
  console.log(
    `${name.padEnd(28)} ${rate.toFixed(1).padStart(6)} calls/s, ` +
      `${(rate / ideal).toFixed(2)} of the ideal ${ideal} (at least ${LEAST}), ` +
      `${(end.cpuMicros / end.count / 1000).toFixed(1)} ms CPU/call; load ${load}`,
    isGood ? "" : "OUT OF BOUNDS",
  );
  return isGood;
}

async function timesOf(port: number, total: number, worker: Daemon): Promise<number[]> {
  let times: number[] = [];
  await waitUntil(async () => {
    worker.assertRunning();
    times = await (await fetch(`http://127.0.0.1:${port}/times`)).json();
    return times.length >= total;
  }, MAX_MS);
  return times;
}

function start({ amqpUrl, databaseUrl, folder }: Room, port: number): Daemon {
  const env = {
    ...Deno.env.toObject(),
    AMQP_URL: amqpUrl,
    DATABASE_URL: databaseUrl,
    STATE_DIR: `${folder}/state`,
    QUEUE_STATS_DIR: `${folder}/stats`,
    EXTERNAL_HOST: "zulip.example",
    OUTGOING_ALLOWED_HOSTS: `127.0.0.1:${port}`,
  };
  const args = ["run", "-A", "main.ts", "--queue_name", QUEUE];
  return Daemon.spawn(Deno.execPath(), args, `${folder}/log`, { env, cwd: ROOT });
}

interface BenchBot {
  readonly id: number;
  readonly stream: number;
}

/** Bots of a realm of their own, each with a service. */
async function addBots(url: string, count: number, port: number): Promise<BenchBot[]> {
  await using db = await openDatabase(url);
  const date = new Date("2026-01-01T00:00:00Z");
  const string_id = `bench${crypto.randomUUID().slice(0, 8)}`;
  const realm = await db.transaction().execute((trx) =>
    addRealm(trx, { string_id, date_created: date })
  );
  const given = { realm_id: realm.id, name: "rain", date_created: date, group: realm.group };
  const { id: stream } = await db.insertInto("zerver_stream").values(newStream(given))
    .returning("id").executeTakeFirstOrThrow();
  const { id: recipient_id } = await db.insertInto("zerver_recipient")
    .values({ type: 2, type_id: stream }).returning("id").executeTakeFirstOrThrow();
  await db.updateTable("zerver_stream").set({ recipient_id }).where("id", "=", stream).execute();
  const bots: BenchBot[] = [];
  for (let i = 0; i < count; i++) bots.push({ id: await addBot(db, realm.id, i, port), stream });
  return bots;
}

async function addBot(
  db: Database,
  realm_id: number,
  number: number,
  port: number,
): Promise<number> {
  const id = await addUser(db, {
    realm_id,
    date_joined: new Date("2026-01-01T00:00:00Z"),
    delivery_email: `bot${number}@example.com`,
    is_bot: true,
    bot_type: 3,
  });
  await db.insertInto("zerver_service").values({
    name: "rain",
    user_profile_id: id,
    base_url: `http://127.0.0.1:${port}/`,
    token: "t",
    interface: 1,
  }).execute();
  return id;
}

/** In an order of chance: several messages of one bot come close together. */
async function publishAll(url: string, bots: readonly BenchBot[], count: number): Promise<void> {
  await using broker = await openRabbitmq({ url, name: "bench" });
  await broker.declare(QUEUE);
  const publishes = Array.from({ length: count }, (_, i) => {
    const bot = bots[Math.floor(Math.random() * bots.length)];
    return broker.publish(QUEUE, JSON.stringify(eventOf(bot, i + 1)), newEventProperties());
  });
  await Promise.all(publishes);
}

function eventOf(bot: BenchBot | undefined, id: number): unknown {
  const message = {
    id,
    sender_id: 1,
    content: "@**bot** rain?",
    rendered_content: "<p>rain?</p>",
    sender_full_name: "Ada Lovelace",
    sender_email: "ada@example.com",
    sender_avatar_source: "G",
    timestamp: 1_795_986_000,
    subject: "lunch",
    type: "stream",
    stream_id: bot?.stream,
    display_recipient: "rain",
  };
  return { user_profile_id: bot?.id, trigger: "mention", message };
}
