/**
 * The target of the faults: processes with the program's workers of mails and of activities, a
 * broker, a database and an SMTP server.
 *
 * @module
 */

import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../../lib/domain/database/database.ts";
import type { Broker } from "../../../lib/engine/broker/broker.ts";
import type { PrivatePostgres } from "../../postgres.ts";
import { waitUntil } from "../../private_server.ts";
import { PrivateSmtp } from "../../smtp/private.ts";
import { addUsers, type MailUser } from "../../users.ts";
import {
  brokerSettings,
  commonSettings,
  type DeploymentOptions,
  openBroker,
  type Server,
  storedEvents,
} from "../deployment.ts";
import { Processes } from "../processes.ts";
import { FROM_SOURCE } from "../program.ts";
import { Random } from "../random.ts";
import { nextEvent, QUEUES } from "./events.ts";
import { MailPublisher } from "./publisher.ts";

/** How a deployment is made. */
export interface MailDeploymentOptions extends DeploymentOptions {
  /** PostgreSQL, which faults kill and restart; `undefined` for a SQLite file. */
  readonly postgres: PrivatePostgres | undefined;
}

/** Users who get mail; the mails after those go to addresses. */
const USERS = 1000;
const WARM_UP_MS = 60_000;
/** The processes and their arguments. */
const PROCESSES: Readonly<Record<string, readonly string[]>> = {
  both: ["--multi_threaded", ...QUEUES],
  too: ["--multi_threaded", ...QUEUES],
  mails: ["--queue_name", "email_senders"],
};

/** What a deployment is made of. */
interface Parts {
  readonly broker: Broker;
  readonly smtp: PrivateSmtp;
  readonly users: readonly MailUser[];
  readonly client: number;
}

/** Those whose workers are broken, in the main thread. */
const INLINE: Readonly<Record<string, readonly string[]>> = {
  mails: ["--queue_name", "email_senders", "--inline"],
  too: ["--queue_name", "email_senders", "--inline"],
  activities: ["--queue_name", "user_activity", "--inline"],
};

/** Everything that faults are made in. */
export class MailDeployment implements AsyncDisposable {
  readonly server: Server | undefined;
  readonly postgres: PrivatePostgres | undefined;
  readonly smtp: PrivateSmtp;
  readonly broker: Broker;
  readonly publisher: MailPublisher;
  readonly processes: Processes;
  /** The addresses of the users by their ids. */
  readonly addresses: ReadonlyMap<number, string>;
  readonly #options: MailDeploymentOptions;
  readonly #undo: AsyncDisposableStack;

  private constructor(
    options: MailDeploymentOptions,
    { broker, smtp, users, client }: Parts,
    undo: AsyncDisposableStack,
  ) {
    this.server = options.server;
    this.postgres = options.postgres;
    this.smtp = smtp;
    this.broker = broker;
    this.addresses = new Map(users.map(({ id, address }) => [id, address]));
    const random = new Random(options.seed, "publisher");
    const next = (number: number) => nextEvent(number, random, users, client);
    this.publisher = new MailPublisher(broker, next);
    this.#options = options;
    this.#undo = undo;
    this.processes = undo.use(makeProcesses(options, smtp));
  }

  /** Fills the database, opens the broker and declares the queues; nothing runs yet. */
  static async open(options: MailDeploymentOptions): Promise<MailDeployment> {
    await using undo = new AsyncDisposableStack();
    const smtp = undo.use(await PrivateSmtp.start());
    const broker = undo.use(await openBroker(options));
    for (const queue of QUEUES) await broker.declare(queue);
    await migrateDatabase(databaseUrl(options));
    const { users, client } = await withDatabase(options, async (db) => ({
      users: await addUsers(db, USERS),
      client: (await db.insertInto("zerver_client").values({ name: "website" }).returning("id")
        .executeTakeFirstOrThrow()).id,
    }));
    return new MailDeployment(options, { broker, smtp, users, client }, undo.move());
  }

  /** Uses the database. */
  async database<Result>(use: (db: Database) => Promise<Result>): Promise<Result> {
    return await withDatabase(this.#options, use);
  }

  /** The number of events that are still to run. */
  async stored(): Promise<number> {
    return await storedEvents(this, QUEUES);
  }

  /** Resolves when a mail has come. */
  async warmUp(): Promise<void> {
    await waitUntil(() => this.smtp.names().length > 0, WARM_UP_MS).catch(() => {
      throw new Error(`no mail came: see the logs in ${this.#options.folder}`);
    });
  }

  /** Kills everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }
}

function makeProcesses(options: MailDeploymentOptions, smtp: PrivateSmtp): Processes {
  const { server, folder, program = FROM_SOURCE, isBroken } = options;
  const env = {
    ...commonSettings(folder),
    ...brokerSettings(server),
    ...mailSettings(smtp),
    DATABASE_URL: databaseUrl(options),
  };
  const main = isBroken ? program.brokenMailMain : program.main;
  return new Processes({ main, args: isBroken ? INLINE : PROCESSES, env, folder });
}

function databaseUrl({ postgres, folder }: MailDeploymentOptions): string {
  return postgres?.url ?? `sqlite:${folder}/mails.sqlite`;
}

async function withDatabase<Result>(
  options: MailDeploymentOptions,
  use: (db: Database) => Promise<Result>,
): Promise<Result> {
  await using db = await openDatabase(databaseUrl(options));
  return await use(db);
}

/** Short times make much happen in a minute. */
function mailSettings({ ports, caFile }: PrivateSmtp): Record<string, string> {
  return {
    LOG_FORMAT: "json",
    EXTERNAL_HOST: "zulip.example",
    EMAIL_HOST: "127.0.0.1",
    EMAIL_PORT: String(ports.startTls),
    EMAIL_USE_TLS: "true",
    EMAIL_CA_FILE: caFile,
    EMAIL_TIMEOUT: "2",
    PQ_EMAIL_SENDERS_MAX_CONSUME_SECONDS: "5",
  };
}
