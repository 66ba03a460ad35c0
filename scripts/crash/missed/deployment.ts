/**
 * Two processes with the worker of missed messages, and what they work on. Where the mails are sent,
 * a third one sends them to an SMTP server.
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
import { type Amount, fill } from "./fill.ts";
import { mailOfEvent, mailOfText, type MissedMail } from "./verdict.ts";

/** How a deployment is made. */
export interface MissedOptions extends Amount {
  /** RabbitMQ; `undefined` for the embedded broker. */
  readonly server: Server | undefined;
  /** PostgreSQL; `undefined` for a SQLite file. */
  readonly postgres: PrivatePostgres | undefined;
  /** An empty folder. */
  readonly folder: string;
  /** Whether the mails are sent to an SMTP server, which tells then what came of the rows. */
  readonly isSent: boolean;
  /** What the processes run. @default {the program from its source} */
  readonly program?: { readonly main: string };
}

const QUEUE = "missedmessage_emails";
const MAILS = "email_senders";
const ALL = Number.MAX_SAFE_INTEGER;
/** No process takes so long to publish what it has committed, in ms. */
const LEFT_MS = 5000;
const MAKERS = ["first", "second"] as const;

/** Everything that the rows are worked off by. */
export class MissedDeployment implements AsyncDisposable {
  readonly server: Server | undefined;
  readonly broker: Broker;
  readonly db: Database;
  readonly processes: Processes;
  /** The processes that make the mails. */
  readonly makers: readonly Service[];
  /** The ids of the rows. */
  readonly rows: readonly number[];
  readonly #smtp: PrivateSmtp | undefined;
  readonly #undo: AsyncDisposableStack;

  private constructor(
    options: MissedOptions,
    parts: Pick<MissedDeployment, "broker" | "db" | "rows"> & { smtp: PrivateSmtp | undefined },
    undo: AsyncDisposableStack,
  ) {
    this.server = options.server;
    this.broker = parts.broker;
    this.db = parts.db;
    this.rows = parts.rows;
    this.#smtp = parts.smtp;
    this.#undo = undo;
    this.processes = undo.use(makeProcesses(options, parts.smtp));
    this.makers = this.processes.services.slice(0, MAKERS.length);
  }

  /** Fills the database and declares the queues; nothing runs yet. */
  static async open(options: MissedOptions): Promise<MissedDeployment> {
    await using undo = new AsyncDisposableStack();
    const smtp = options.isSent ? undo.use(await PrivateSmtp.start()) : undefined;
    const broker = undo.use(await openBroker(options));
    for (const queue of [QUEUE, MAILS]) await broker.declare(queue);
    await migrateDatabase(databaseUrl(options));
    const db = undo.use(await openDatabase(databaseUrl(options)));
    const rows = await fill(db, options);
    return new MissedDeployment(options, { broker, db, rows, smtp }, undo.move());
  }

  /** How many rows wait. */
  async waiting(): Promise<number> {
    return await this.#count("zerver_scheduledmessagenotificationemail");
  }

  /** How many events wait to be published. */
  async outbox(): Promise<number> {
    return await this.#count("process_queue_outbox");
  }

  /** The events of the outbox that nobody publishes: their process was killed after the commit. */
  async leftInOutbox(): Promise<number[]> {
    const rows = await this.db.selectFrom("process_queue_outbox").select("id")
      .where("at", "<", Date.now() - LEFT_MS).execute();
    return rows.map(({ id }) => id);
  }

  /** How many mails wait to be sent. */
  async stored(): Promise<number> {
    return await storedEvents(this, [MAILS]);
  }

  /** How many mails the SMTP server has got. */
  sent(): number {
    return this.#smtp?.names().length ?? 0;
  }

  /** How many events have failed. */
  async failed(): Promise<number> {
    const depths = [QUEUE, MAILS].map((queue) => this.broker.depth(failedQueueName(queue)));
    return (await Promise.all(depths)).reduce((sum, depth) => sum + (depth?.ready ?? 0), 0);
  }

  /** The mails: those that came to the SMTP server, else the events that become mails. */
  async mails(): Promise<MissedMail[]> {
    if (this.#smtp) {
      return this.#smtp.received().map(({ raw }, at) => mailOfText(at, textPart(raw)));
    }
    const events = await this.broker.peek(MAILS, ALL);
    return events.map(({ properties }) => mailOfEvent(properties.messageId ?? ""));
  }

  /** Kills everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }

  async #count(table: "zerver_scheduledmessagenotificationemail" | "process_queue_outbox") {
    const { count } = await this.db.selectFrom(table)
      .select(({ fn }) => fn.countAll().as("count")).executeTakeFirstOrThrow();
    return Number(count);
  }
}

/** The text part of a mail, of two; ASCII stays ASCII in it. */
function textPart(raw: string): string {
  const from = raw.indexOf("text/plain");
  const to = raw.indexOf("text/html");
  return raw.slice(from, to > from ? to : undefined);
}

function makeProcesses(options: MissedOptions, smtp: PrivateSmtp | undefined): Processes {
  const { server, folder, program = FROM_SOURCE } = options;
  const maker = ["--queue_name", QUEUE];
  return new Processes({
    main: program.main,
    args: {
      ...Object.fromEntries(MAKERS.map((name) => [name, maker])),
      ...(smtp && { sender: ["--queue_name", MAILS] }),
    },
    env: {
      ...commonSettings(folder),
      ...brokerSettings(server),
      DATABASE_URL: databaseUrl(options),
      LOG_FORMAT: "json",
      EXTERNAL_HOST: "zulip.example",
      EMAIL_GATEWAY_PATTERN: "%s@in.zulip.example",
      ...(smtp && { EMAIL_HOST: "127.0.0.1", EMAIL_PORT: String(smtp.ports.plain) }),
    },
    folder,
  });
}

function databaseUrl({ postgres, folder }: MissedOptions): string {
  return postgres?.url ?? `sqlite:${folder}/missed.sqlite`;
}
