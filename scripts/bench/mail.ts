/**
 * The worker of mails beside a bare loop of nodemailer: both send mails of the same size to the same
 * SMTP server, with STARTTLS, in turns. The worker takes its events from RabbitMQ, looks the
 * recipients up, renders, and records each mail before and after.
 *
 * @module
 */

import { newEventProperties } from "../../lib/engine/broker/headers.ts";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { migrateDatabase, openDatabase } from "../../lib/domain/database/database.ts";
import { MailTemplates } from "../../lib/domain/mail/templates/mail_templates.ts";
import { startPostgres } from "../postgres.ts";
import { Daemon, waitUntil } from "../private_server.ts";
import { PrivateSmtp } from "../smtp/private.ts";
import { addUsers, type MailUser } from "../users.ts";
import { isFastEnough, mailRate, mailRows, type Sender, SENDERS } from "./mail_rates.ts";
import { markOf } from "./marks.ts";
import { deleteQueues, ROOT } from "./program.ts";
import type { Rate } from "./ratios.ts";

/** Options of the measurement. */
export interface MailBenchOptions {
  /** The mails that each sender is measured with. */
  readonly events: number;
  readonly rounds: number;
}

/** What all senders of one database use. */
interface Room {
  /** Of RabbitMQ. */
  readonly amqpUrl: string;
  readonly smtp: PrivateSmtp;
  /** For the files of the senders. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly users: readonly MailUser[];
  readonly events: number;
}

const QUEUE = "email_senders";
const USERS = 100;
/** Mails that are not measured, as the code is still being compiled. */
const WARM_UP = 300;
/** The longest time that all mails of one sender may take, in ms. */
const MAX_MS = 300_000;
const TEMPLATE = "zerver/emails/notify_new_login";

/** Measures on both databases and prints the rows. @returns Whether the worker is fast enough. */
export async function benchMail(amqpUrl: string, options: MailBenchOptions): Promise<boolean> {
  await using smtp = await PrivateSmtp.start();
  await using postgres = await startPostgres();
  await using undo = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "pq-bench-" });
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  await writeBareMail(folder);
  let isGood = true;
  const databases = { sqlite: `sqlite:${folder}/mail.sqlite`, postgres: postgres.url };
  for (const [name, databaseUrl] of Object.entries(databases)) {
    const users = await fillDatabase(databaseUrl);
    const rounds = await measureAll(
      { amqpUrl, smtp, folder, databaseUrl, users, events: options.events },
      options.rounds,
    );
    for (const row of mailRows(name, rounds)) console.log(row);
    console.log(`load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
    isGood = isFastEnough(rounds) && isGood;
  }
  return isGood;
}

async function fillDatabase(url: string): Promise<MailUser[]> {
  await migrateDatabase(url);
  await using db = await openDatabase(url);
  return await addUsers(db, USERS);
}

async function deleteRecords(url: string): Promise<void> {
  await using db = await openDatabase(url);
  await db.deleteFrom("process_queue_effect").execute();
}

/** In an order that changes with each round. */
async function measureAll(room: Room, rounds: number): Promise<Record<Sender, Rate[]>> {
  const rates: Record<Sender, Rate[]> = {
    "bare": [],
    "inline": [],
    "thread": [],
    "thread, 4 at once": [],
  };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? SENDERS : SENDERS.toReversed();
    for (const sender of order) rates[sender].push(await measure(sender, room));
  }
  return rates;
}

async function measure(sender: Sender, room: Room): Promise<Rate> {
  const { smtp, events, databaseUrl, amqpUrl } = room;
  const total = WARM_UP + events;
  smtp.forget();
  await deleteRecords(databaseUrl);
  if (sender !== "bare") await publishAll(room, total);
  const process = start(sender, room, total);
  try {
    const sent = () => smtp.names().length;
    await waitUntil(() => (process.assertRunning(), sent() >= WARM_UP), MAX_MS);
    const from = markOf(process.pid, sent());
    await waitUntil(() => sent() >= total, MAX_MS);
    const to = markOf(process.pid, total);
    const times = smtp.names().map((name) => Number.parseFloat(name));
    return mailRate(times, WARM_UP, { from, to });
  } catch (error) {
    throw new Error(`the mails of ${sender} were not sent: ${process.output()}`, { cause: error });
  } finally {
    await process.end("SIGKILL");
    await deleteQueues(amqpUrl, [QUEUE]);
  }
}

async function publishAll({ amqpUrl, users }: Room, count: number): Promise<void> {
  await using broker = await openRabbitmq({ url: amqpUrl, name: "bench" });
  await broker.declare(QUEUE);
  const publishes = Array.from({ length: count }, (_, i) => {
    const user = users[i % users.length];
    const event = { template_prefix: TEMPLATE, to_user_ids: [user?.id], context: context() };
    return broker.publish(QUEUE, JSON.stringify(event), newEventProperties());
  });
  await Promise.all(publishes);
}

/** What Zulip sends with the mail about a new login. */
function context(): Record<string, unknown> {
  return { ...new MailTemplates().sample(TEMPLATE), user_name: "User" };
}

function start(sender: Sender, room: Room, total: number): Daemon {
  const { smtp, folder } = room;
  const worker = ["main.ts", "--queue_name", QUEUE, ...sender === "inline" ? ["--inline"] : []];
  const port = String(smtp.ports.startTls);
  const args = sender === "bare"
    ? ["scripts/bench/bare_mail.ts", port, smtp.caFile, `${folder}/mail.json`, String(total)]
    : worker;
  const env = { ...Deno.env.toObject(), ...settings(sender, room) };
  return Daemon.spawn(Deno.execPath(), ["run", "-A", ...args], `${folder}/log`, { env, cwd: ROOT });
}

function settings(sender: Sender, { amqpUrl, smtp, folder, databaseUrl }: Room) {
  return {
    AMQP_URL: amqpUrl,
    DATABASE_URL: databaseUrl,
    STATE_DIR: `${folder}/state`,
    QUEUE_STATS_DIR: `${folder}/stats`,
    EXTERNAL_HOST: "zulip.example",
    EMAIL_HOST: "127.0.0.1",
    EMAIL_PORT: String(smtp.ports.startTls),
    EMAIL_USE_TLS: "true",
    EMAIL_CA_FILE: smtp.caFile,
    ...(sender === "thread, 4 at once" && { PQ_EMAIL_SENDERS_CONCURRENCY: "4" }),
  };
}

/** The words of a mail, as the worker renders them. */
async function writeBareMail(folder: string): Promise<void> {
  const shared = { support_email: "support@zulip.example", physical_address: undefined };
  const { subject, text, html } = new MailTemplates().render(TEMPLATE, "en", {
    ...shared,
    ...context(),
  });
  const from = { name: "Zulip", address: "noreply@zulip.example" };
  const headers = { "X-Auto-Response-Suppress": "All" };
  await Deno.writeTextFile(
    `${folder}/mail.json`,
    JSON.stringify({ from, subject, text, html, headers }),
  );
}
