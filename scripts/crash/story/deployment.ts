/**
 * The event server, a process with the queues of the story, and all that they talk to.
 *
 * @module
 */

import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import type { Broker } from "../../../lib/engine/broker/broker.ts";
import { failedQueueName } from "../../../lib/engine/settle/retry.ts";
import type { PrivatePostgres } from "../../postgres.ts";
import { waitUntil } from "../../private_server.ts";
import { PrivatePush } from "../../push/private.ts";
import { PrivateSmtp } from "../../smtp/private.ts";
import {
  brokerSettings,
  commonSettings,
  openBroker,
  type Server,
  storedEvents,
} from "../deployment.ts";
import { Processes } from "../processes.ts";
import { FROM_SOURCE } from "../program.ts";
import type { Service } from "../service.ts";
import { StoryClient } from "./client.ts";
import { addOrganization, type UserName } from "./organization.ts";
import { servePages } from "./pages.ts";
import { HOST, type Stage } from "./tell.ts";

/** How a deployment is made. */
export interface StoryOptions {
  /** RabbitMQ; `undefined` for the embedded broker. */
  readonly server: Server | undefined;
  /** PostgreSQL; `undefined` for a SQLite file. */
  readonly postgres: PrivatePostgres | undefined;
  /** An empty folder. */
  readonly folder: string;
  /** What the processes run. @default {the program from its source} */
  readonly program?: { readonly main: string };
}

/** The queues of the process that is killed. */
const WORKERS = [
  "email_senders",
  "embed_links",
  "missedmessage_emails",
  "missedmessage_mobile_notifications",
  "thumbnail",
];
const QUEUES = [...WORKERS, "notify_tornado"];
/** The users who have a client. */
const CLIENTS: readonly UserName[] = ["online", "idle", "muting"];
const START_MS = 300_000;
/** What the tables of a story are called that are empty in its end. */
const EMPTIED = ["zerver_scheduledmessagenotificationemail", "process_queue_outbox"] as const;

type ProcessName = "events" | "workers";

interface Parts extends Pick<StoryDeployment, "smtp" | "push" | "stage"> {
  readonly options: StoryOptions;
}

/** Everything that a story needs. */
export class StoryDeployment implements AsyncDisposable {
  readonly smtp: PrivateSmtp;
  readonly push: PrivatePush;
  readonly stage: Stage;
  readonly processes: Processes;
  readonly clients = new Map<UserName, StoryClient>();
  readonly #options: StoryOptions;
  readonly #undo: AsyncDisposableStack;

  private constructor({ smtp, push, stage, options }: Parts, undo: AsyncDisposableStack) {
    [this.smtp, this.push, this.stage, this.#options] = [smtp, push, stage, options];
    this.#undo = undo;
    this.processes = undo.use(makeProcesses(options, this));
  }

  /** Fills the database, and starts the processes and the clients. */
  static async open(options: StoryOptions): Promise<StoryDeployment> {
    await using undo = new AsyncDisposableStack();
    const smtp = undo.use(await PrivateSmtp.start());
    const push = undo.use(await PrivatePush.start());
    const pages = undo.use(servePages());
    const broker = undo.use(await openBroker(options));
    for (const queue of QUEUES) await broker.declare(queue);
    await migrateDatabase(databaseUrl(options));
    const db = undo.use(await openDatabase(databaseUrl(options)));
    const organization = await addOrganization(db);
    const uploads = uploadsOf(options);
    await Deno.mkdir(uploads);
    const stage = { db, broker, organization, uploads, pages: pages.url };
    const deployment = new StoryDeployment({ smtp, push, stage, options }, undo.move());
    await deployment.#start();
    return deployment;
  }

  get db(): Database {
    return this.stage.db;
  }

  get broker(): Broker {
    return this.stage.broker;
  }

  /** The process that is killed. */
  get workers(): Service {
    const [, workers] = this.processes.services;
    if (!workers) throw new Error("The story has no process with workers");
    return workers;
  }

  /** How much that process has logged, in bytes: this grows with all that it does. */
  get logSize(): number {
    return Deno.statSync(this.#log("workers")).size;
  }

  /** How many events and rows wait: 0 when all is done. */
  async waiting(): Promise<number> {
    const counts = EMPTIED.map((table) => this.#count(table));
    const rows = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    return rows + await storedEvents({ broker: this.broker, server: this.#options.server }, QUEUES);
  }

  /** A line for each queue with failed events. */
  async failed(): Promise<string[]> {
    const lines = QUEUES.map(async (queue) => {
      const { ready = 0 } = await this.broker.depth(failedQueueName(queue)) ?? {};
      return ready === 0 ? [] : [`${ready} events of ${queue} have failed`];
    });
    return (await Promise.all(lines)).flat();
  }

  /** Descriptions of what went wrong. */
  get problems(): string[] {
    const clients = [...this.clients.values()].flatMap(({ problems }) => problems);
    return [...this.processes.problems, ...clients];
  }

  /** Ends the clients, and then the processes by SIGTERM. */
  async stop(): Promise<void> {
    for (const client of this.clients.values()) await client[Symbol.asyncDispose]();
    await this.processes.stop();
  }

  /** Kills everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }

  async #start(): Promise<void> {
    this.processes.start();
    const port = await this.#logged("events", /The event server listens on.*"port":(\d+)/);
    await this.#logged("workers", /queue worker threads were launched/);
    const url = `http://127.0.0.1:${port}`;
    for (const name of CLIENTS) {
      const client = await StoryClient.start(url, this.stage.organization.users[name]);
      this.clients.set(name, this.#undo.use(client));
    }
  }

  /** Resolves when a process has logged a line. @returns The first group of the pattern. */
  async #logged(name: ProcessName, pattern: RegExp): Promise<string | undefined> {
    const path = this.#log(name);
    let match: RegExpExecArray | null = null;
    await waitUntil(() => (match = pattern.exec(Deno.readTextFileSync(path))) !== null, START_MS)
      .catch(() => {
        throw new Error(`The process ${name} did not start: see ${path}`);
      });
    return match?.[1];
  }

  #log(name: ProcessName): string {
    return `${this.#options.folder}/${name}.log`;
  }

  async #count(table: typeof EMPTIED[number]): Promise<number> {
    const { count } = await this.db.selectFrom(table)
      .select(({ fn }) => fn.countAll().as("count")).executeTakeFirstOrThrow();
    return Number(count);
  }
}

function makeProcesses(
  options: StoryOptions,
  { smtp, push }: Pick<StoryDeployment, "smtp" | "push">,
): Processes {
  const { server, folder, program = FROM_SOURCE } = options;
  for (const name of ["events", "workers"]) Deno.writeTextFileSync(`${folder}/${name}.log`, "");
  return new Processes({
    main: program.main,
    args: { events: ["events", "--port", "0"], workers: ["--multi_threaded", ...WORKERS] },
    env: {
      ...commonSettings(folder),
      ...brokerSettings(server),
      ...push.direct,
      DATABASE_URL: databaseUrl(options),
      LOG_FORMAT: "json",
      EXTERNAL_HOST: HOST,
      LOCAL_UPLOADS_DIR: uploadsOf(options),
      OUTGOING_ALLOWED_HOSTS: "127.0.0.0/8",
      EMAIL_HOST: "127.0.0.1",
      EMAIL_PORT: String(smtp.ports.plain),
      EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example",
      EMAIL_MAYBE_SENT: "resend",
      // The process after a kill knows soon that nobody else sends the mail or makes the push.
      PQ_EMAIL_SENDERS_MAX_CONSUME_SECONDS: "5",
      PQ_MISSEDMESSAGE_MOBILE_NOTIFICATIONS_MAX_CONSUME_SECONDS: "5",
      ...Object.fromEntries(WORKERS.map((queue) => [`PQ_${queue.toUpperCase()}_RETRIES`, RETRIES])),
    },
    folder,
  });
}

/** Seconds. */
const RETRIES = "1,1,2,5,5,5";

function uploadsOf({ folder }: StoryOptions): string {
  return `${folder}/uploads`;
}

function databaseUrl({ postgres, folder }: StoryOptions): string {
  return postgres?.url ?? `sqlite:${folder}/story.sqlite`;
}
