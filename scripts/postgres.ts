/**
 * Private PostgreSQL servers on 127.0.0.1, each with a port and data of its
 * own, for tests and development.
 *
 * As a command it starts one server and ends it on Ctrl-C:
 *
 *     deno task postgres
 *
 * @module
 */

import {
  Daemon,
  freePort,
  reason,
  removeFolder,
  run,
  signalled,
  tail,
  waitUntil,
} from "./private_server.ts";
import type { ProgramOptions } from "./private_server.ts";

const versions = "/usr/lib/postgresql";
const startDeadlineMs = 60_000;
const account = "postgres";

/** How a private server is started. */
export interface PostgresOptions {
  /** Port. Default: a free one. */
  readonly port?: number;
}

/** Whether PostgreSQL's server programs are on this machine. */
export function postgresInstalled(): boolean {
  return findBinaries() !== undefined;
}

/** The folder of the newest version's programs. */
function findBinaries(): string | undefined {
  const newestFirst = (a: string, b: string) => Number(b) - Number(a);
  return folderNames(versions)
    .sort(newestFirst)
    .map((version) => `${versions}/${version}/bin`)
    .find((folder) => folderNames(folder, true).includes("initdb"));
}

function folderNames(folder: string, files = false): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter((entry) => files || entry.isDirectory)
      .map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function requireBinaries(): string {
  const found = findBinaries();
  if (found) return found;
  throw new Error(
    `PostgreSQL is not installed: there is no ${versions}/*/bin/initdb; run apt-get install postgresql`,
  );
}

/** A running server that somebody else starts and stops. */
export class AttachedPostgres implements AsyncDisposable {
  /** URL of the server's first database, with user and password. */
  readonly url: string;

  /** Use {@linkcode attachPostgres} or {@linkcode startPostgres}. */
  constructor(url: string) {
    this.url = url;
  }

  /**
   * Creates an empty database and answers its URL.
   *
   * @throws {Error} when it exists already, or the server cannot be reached.
   */
  async createDatabase(name: string): Promise<string> {
    await this.#administer("createdb", name);
    const url = new URL(this.url);
    url.pathname = `/${encodeURIComponent(name)}`;
    return url.href;
  }

  /** Drops a database, ending the connections to it; one that is absent is no error. */
  async dropDatabase(name: string): Promise<void> {
    await this.#administer("dropdb", "--if-exists", "--force", name);
  }

  /** The URL, from which {@linkcode attachPostgres} makes a handle elsewhere. */
  describe(): string {
    return this.url;
  }

  /** Does nothing: the server belongs to who started it. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async #administer(program: string, ...args: string[]): Promise<void> {
    const { hostname, port, username, password } = new URL(this.url);
    const target = [
      "-h",
      hostname,
      "-p",
      port || "5432",
      "-U",
      decodeURIComponent(username),
    ];
    const env = { PGPASSWORD: decodeURIComponent(password) };
    await run(`${requireBinaries()}/${program}`, [...target, ...args], { env });
  }
}

/** A handle on a server that is running, from its URL. */
export function attachPostgres(url: string): AttachedPostgres {
  return new AttachedPostgres(url);
}

/** What a private server is started from. */
interface Place {
  readonly folder: string;
  readonly binaries: string;
  readonly port: number;
  readonly options: ProgramOptions;
}

/** A server of one's own; disposing it ends it and removes its folder. */
export class PrivatePostgres extends AttachedPostgres {
  readonly #place: Place;
  #server: Daemon | undefined;

  /** Use {@linkcode startPostgres}. */
  constructor(url: string, place: Place) {
    super(url);
    this.#place = place;
  }

  /** Folder with configuration, data and log. */
  get folder(): string {
    return this.#place.folder;
  }

  /** Port. */
  get port(): number {
    return this.#place.port;
  }

  /**
   * Starts the server on its data and waits until it takes queries.
   *
   * @throws {Error} with the end of the server's log when it does not within
   * 60 s, or when the server is running already.
   */
  async start(): Promise<void> {
    if (this.#server) {
      throw new Error(
        `the PostgreSQL server on port ${this.port} is running already`,
      );
    }
    const { folder, binaries, options } = this.#place;
    // TCP only: the path of a socket in the folder could be too long.
    const network = ["-h", "127.0.0.1", "-p", String(this.port), "-k", ""];
    const args = ["-D", `${folder}/data`, ...network];
    const server = Daemon.spawn(
      `${binaries}/postgres`,
      args,
      this.#log,
      options,
    );
    this.#server = server;
    try {
      await waitUntil(() => this.#answers(server), startDeadlineMs);
    } catch (error) {
      await this.stop();
      throw new Error(
        `PostgreSQL did not start: ${reason(error)}\n${tail(this.#log)}`,
      );
    }
  }

  /** Shuts the server down, ending its connections; the data stay. */
  async stop(): Promise<void> {
    await this.#server?.end("SIGINT");
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
    const { binaries, port, options } = this.#place;
    const args = ["-q", "-h", "127.0.0.1", "-p", String(port)];
    return await run(`${binaries}/pg_isready`, args, options).then(
      () => true,
      () => false,
    );
  }
}

/**
 * Starts a private server with the database `pq` and the user `pq`, its owner
 * and superuser, which takes about 2 s. Root starts it as the user postgres,
 * since PostgreSQL refuses to run as root.
 *
 * @throws {Error} when PostgreSQL is not installed, or the server takes no
 * queries within 60 s; then with the end of its log.
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
  const place = {
    folder,
    binaries,
    port,
    options: await programOptions(folder),
  };
  await initialise(place, password);
  const server = undo.use(new PrivatePostgres(url("pq"), place));
  await server.start();
  await attachPostgres(url("postgres")).createDatabase("pq");
  undo.move();
  return server;
}

/** Hands the folder to the account the server runs as, where that is another. */
async function programOptions(folder: string): Promise<ProgramOptions> {
  const env = {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: folder,
  };
  const options = { env, cwd: folder };
  if (Deno.uid() !== 0) return options;
  const id = async (what: string) => Number(await run("id", [what, account], options));
  const user = { uid: await id("-u"), gid: await id("-g") };
  await Deno.chown(folder, user.uid, user.gid);
  return { ...options, user };
}

async function initialise(place: Place, password: string): Promise<void> {
  const { folder, binaries, options } = place;
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

async function main(): Promise<void> {
  using ending = signalled();
  await using server = await startPostgres();
  console.log(`DATABASE_URL=${server.url}`);
  console.log(
    `\nA private PostgreSQL server is running; its data are in ${server.folder}.`,
  );
  console.log(`Use it in another terminal:\n\n  psql ${server.url}\n`);
  console.log("Ctrl-C ends it and removes its data.");
  await ending.received;
}

if (import.meta.main) await main();
