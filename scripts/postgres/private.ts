/**
 * A private server: its process and its folder.
 *
 * @module
 */

import {
  Daemon,
  freePort,
  type ProgramOptions,
  reason,
  removeFolder,
  run,
  tail,
  waitUntil,
} from "../private_server.ts";
import { AttachedPostgres, attachPostgres } from "./attached.ts";
import { requireBinaries } from "./programs.ts";

const START_DEADLINE_MS = 60_000;
/** The account that runs the server when the caller is root. */
const ACCOUNT = "postgres";
/** Options of a server that waits for no disk: databases are made and dropped in a tenth of the time. */
const FAST = ["fsync", "full_page_writes", "synchronous_commit"].flatMap((
  name,
) => ["-c", `${name}=off`]);

/** How a private server is started. */
export interface PostgresOptions {
  /** Port. Default: a free one. */
  readonly port?: number;
  /**
   * Whether a commit waits for the disk. Without that the data outlive a crash of the server, and not
   * one of the machine. @default {true}
   */
  readonly isDurable?: boolean;
}

/** Everything that is needed to run PostgreSQL's programs. */
interface Setup {
  /** Folder with the data and the log. */
  readonly folder: string;
  /** Folder with the programs. */
  readonly binaries: string;
  readonly port: number;
  readonly isDurable: boolean;
  readonly options: ProgramOptions;
}

/** A private server. Disposing it ends the server and removes its folder. */
export class PrivatePostgres extends AttachedPostgres {
  readonly #setup: Setup;
  #server: Daemon | undefined;

  /** Use {@linkcode startPostgres}. */
  constructor(url: string, setup: Setup) {
    super(url);
    this.#setup = setup;
  }

  /** Folder with configuration, data and log. */
  get folder(): string {
    return this.#setup.folder;
  }

  /** Port. */
  get port(): number {
    return this.#setup.port;
  }

  /**
   * Starts the server on its data and waits until it accepts queries.
   *
   * @throws {Error} When the server is running, or accepts no queries within 60 s; then with the
   * end of its log.
   */
  async start(): Promise<void> {
    if (this.#server) {
      throw new Error(
        `the PostgreSQL server on port ${this.port} is running already`,
      );
    }
    const { folder, binaries, isDurable, options } = this.#setup;
    // TCP only: the path of a socket in the folder could be too long.
    const network = ["-h", "127.0.0.1", "-p", String(this.port), "-k", ""];
    const args = ["-D", `${folder}/data`, ...network, ...isDurable ? [] : FAST];
    const server = Daemon.spawn(`${binaries}/postgres`, args, this.#log, options);
    this.#server = server;
    try {
      await waitUntil(() => this.#answers(server), START_DEADLINE_MS);
    } catch (error) {
      await this.stop();
      throw new Error(
        `PostgreSQL did not start: ${reason(error)}\n${tail(this.#log)}`,
      );
    }
  }

  /** Ends all connections and shuts the server down; the data stay. */
  async stop(): Promise<void> {
    await this.#server?.end("SIGINT");
    this.#server = undefined;
  }

  /** Ends the server at once, as in a crash: it recovers when it starts again. */
  async kill(): Promise<void> {
    await this.#server?.end("SIGQUIT");
    this.#server = undefined;
  }

  /** Stops the server and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends the server and removes its folder. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeFolder(this.folder);
  }

  get #log(): string {
    return `${this.folder}/server.log`;
  }

  async #answers(server: Daemon): Promise<boolean> {
    server.assertRunning();
    const { binaries, port, options } = this.#setup;
    const args = ["-q", "-h", "127.0.0.1", "-p", String(port)];
    return await run(`${binaries}/pg_isready`, args, options).then(
      () => true,
      () => false,
    );
  }
}

/**
 * Starts a private server with the database `pq` and the superuser `pq`, its owner. This takes
 * about 2 s. The server runs as the user postgres when you are root, as PostgreSQL refuses to run
 * as root.
 *
 * @throws {Error} When PostgreSQL is not installed, or when the server accepts no queries within
 * 60 s; then with the end of its log.
 */
export async function startPostgres(
  options: PostgresOptions = {},
): Promise<PrivatePostgres> {
  const binaries = requireBinaries();
  const port = options.port ?? freePort();
  const password = crypto.randomUUID();
  const url = (database: string) => `postgres://pq:${password}@127.0.0.1:${port}/${database}`;
  await using undo = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "pq-postgres-" });
  undo.defer(() => removeFolder(folder));
  const { isDurable = true } = options;
  const setup = { folder, binaries, port, isDurable, options: await programOptions(folder) };
  await initialise(setup, password);
  const server = undo.use(new PrivatePostgres(url("pq"), setup));
  await server.start();
  await attachPostgres(url("postgres")).createDatabase("pq");
  undo.move();
  return server;
}

/** Chooses the account that the server runs as, and gives it the folder. */
async function programOptions(folder: string): Promise<ProgramOptions> {
  const env = {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: folder,
  };
  const options = { env, cwd: folder };
  if (Deno.uid() !== 0) return options;
  const id = async (what: string) => Number(await run("id", [what, ACCOUNT], options));
  const user = { uid: await id("-u"), gid: await id("-g") };
  await Deno.chown(folder, user.uid, user.gid);
  return { ...options, user };
}

async function initialise(setup: Setup, password: string): Promise<void> {
  const { folder, binaries, options } = setup;
  const passwordFile = `${folder}/password`;
  await Deno.writeTextFile(passwordFile, password, { mode: 0o600 });
  const { user } = options;
  if (user) await Deno.chown(passwordFile, user.uid, user.gid);
  await run(`${binaries}/initdb`, [
    ...["-D", `${folder}/data`, "-U", "pq", `--pwfile=${passwordFile}`],
    ..."--auth=scram-sha-256 --no-sync --encoding=UTF8 --locale=C.UTF-8".split(
      " ",
    ),
  ], options);
}
