/**
 * The files that keep the queues of clients while no process has them.
 *
 * `event_queues.json` is written at a stop: clients go on with it. `event_queues.running.json` is
 * written while the server runs. Where only that is found the server was killed, and event ids were
 * handed out that it does not have: clients have to register again.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import { dumpQueues, type KeptQueue, loadQueues } from "../../domain/realtime/queue_file.ts";
import { errorData } from "../../errors/error_data.ts";
import { parseJson } from "../../json/parse_json.ts";
import { toJson } from "../../json/to_json.ts";
import { tryLock } from "../../system/file_lock.ts";

/** How long queues are written before other work has its turn, in ms. */
const HOLD_MS = 4;

/** What was found. */
export interface Stored {
  readonly queues: readonly KeptQueue[];
  /** Whether the server that wrote them did not stop by itself: clients must not poll them. */
  readonly isLost: boolean;
  /** What could not be read, as warnings. */
  readonly problems: readonly string[];
}

/** Reads and writes the files. */
export class QueueStore implements Disposable {
  readonly #path: string;
  readonly #lock: Deno.FsFile;

  private constructor(path: string, lock: Deno.FsFile) {
    this.#path = path;
    this.#lock = lock;
  }

  /**
   * Takes the files of a folder, which is made if it does not exist.
   *
   * @param port The port that names the files of one of several servers.
   * @returns `undefined` while another process has them.
   */
  static open(folder: string, port: number | undefined): QueueStore | undefined {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o750 });
    const path = `${folder}/event_queues${port === undefined ? "" : `.${port}`}`;
    const lock = Deno.openSync(`${path}.lock`, { create: true, write: true, mode: 0o600 });
    if (tryLock(lock, true)) return new QueueStore(path, lock);
    lock.close();
    return undefined;
  }

  /**
   * Reads the queues of the process before, and keeps them as those of a running one, so that a kill
   * loses nothing.
   */
  async load(): Promise<Stored> {
    const [stopped, running] = [`${this.#path}.json`, `${this.#path}.running.json`];
    const problems: string[] = [];
    const isClean = isThere(stopped);
    const found = isClean ? stopped : running;
    const queues = isThere(found) ? read(found, problems) : [];
    if (isThere(stopped)) {
      await this.saveRunning(queues);
      Deno.renameSync(stopped, `${this.#path}.json.last`);
    }
    return { queues, isLost: !isClean, problems };
  }

  /** Writes the queues of a server that runs. @throws {Error} What the file system throws. */
  async saveRunning(queues: Iterable<KeptQueue>): Promise<void> {
    await this.#write(`${this.#path}.running.json`, queues);
  }

  /** Writes the queues of a server that stops. @throws {Error} What the file system throws. */
  async saveStopped(queues: Iterable<KeptQueue>): Promise<void> {
    await this.#write(`${this.#path}.json`, queues);
    await Deno.remove(`${this.#path}.running.json`).catch(() => {});
  }

  /** Lets another process have the files. */
  [Symbol.dispose](): void {
    this.#lock.close();
  }

  /** Writes beside the file, and then replaces it. Each queue is as it is when it is written. */
  async #write(path: string, queues: Iterable<KeptQueue>): Promise<void> {
    const beside = `${path}.tmp`;
    {
      using file = await Deno.open(beside, {
        ...{ write: true, create: true, truncate: true, mode: 0o600 },
      });
      for await (const text of texts(queues)) await writeAll(file, text);
      await file.sync();
    }
    await Deno.rename(beside, path);
  }
}

/** The JSON of the queues, in pieces. */
async function* texts(queues: Iterable<KeptQueue>): AsyncIterable<string> {
  let piece = "[";
  let isFirst = true;
  let since = performance.now();
  for (const queue of queues) {
    piece += `${isFirst ? "" : ","}\n${toJson((dumpQueues([queue]) as unknown[])[0])}`;
    isFirst = false;
    if (performance.now() - since < HOLD_MS) continue;
    yield piece;
    piece = "";
    await setImmediate();
    since = performance.now();
  }
  yield `${piece}\n]\n`;
}

async function writeAll(file: Deno.FsFile, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** A damaged file is kept, and its queues are not: clients register again. */
function read(path: string, problems: string[]): readonly KeptQueue[] {
  try {
    const { queues, refused } = loadQueues(parseJson(Deno.readTextFileSync(path)));
    problems.push(
      ...refused.map(({ queueId, reason }) =>
        `The event queue ${queueId} in ${path} cannot be read, and its client has to register ` +
        `again: ${reason}`
      ),
    );
    return queues;
  } catch (error) {
    problems.push(
      `The file of the event queues ${path} cannot be read, so all clients have to register ` +
        `again: ${errorData(error).message}. It is kept as ${path}.damaged`,
    );
    Deno.renameSync(path, `${path}.damaged`);
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
