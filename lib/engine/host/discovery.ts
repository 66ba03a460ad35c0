/**
 * Finds the workers: one file each, named after its queue, in the program's own folder and
 * in a folder of the user's.
 *
 * @module
 */

import { join, parse, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { errorData } from "../../errors/error_data.ts";
import { didYouMean } from "../../errors/spelling.ts";
import { programFile } from "../../system/program_files.ts";
import { importModule } from "../../system/typescript/import_module.ts";
import { placeOf } from "./setup_error.ts";
import type { BatchWorker, SingleWorker, Worker } from "../../worker.ts";

/** A worker's file; its name is the queue's. */
export interface WorkerFile {
  readonly name: string;
  /** An absolute path. */
  readonly file: string;
}

/** A file is no valid worker; the message names the file and the remedy. */
export class WorkerDeclarationError extends Error {
  override readonly name = "WorkerDeclarationError";
}

/** The folder of the workers that come with the program. */
export const BUILT_IN_DIR: string = fileURLToPath(programFile("workers"));

const EXTENSIONS: ReadonlySet<string> = new Set([".ts", ".js", ".mts", ".mjs"]);

/** Hidden files, helpers, declarations and tests, which may be beside workers. */
const NO_WORKER = /^[._]|\.d\.m?ts$|[._]test\.m?[jt]s$/;

/** The files that were found, and the problems with others. */
export interface Discovery {
  readonly files: readonly WorkerFile[];
  /** Why files were left out; each message names its file. */
  readonly problems: readonly WorkerDeclarationError[];
}

/**
 * Finds the workers' files by their names. It loads none.
 *
 * @param workersDir A folder of the user's own workers.
 * @param builtInDir The folder of those that come with the program.
 */
export function discover(workersDir?: string, builtInDir: string = BUILT_IN_DIR): Discovery {
  const files = new Map<string, WorkerFile>();
  const problems: WorkerDeclarationError[] = [];
  const dirs = new Set([builtInDir, workersDir === undefined ? builtInDir : resolve(workersDir)]);
  for (const dir of dirs) {
    for (const found of filesIn(dir, problems)) {
      const other = files.get(found.name);
      if (other) problems.push(claimedTwice(found, other));
      else files.set(found.name, found);
    }
  }
  return { files: [...files.values()].sort((a, b) => a.name < b.name ? -1 : 1), problems };
}

function filesIn(dir: string, problems: WorkerDeclarationError[]): WorkerFile[] {
  try {
    return [...Deno.readDirSync(dir)]
      .filter((entry) => !entry.isDirectory && EXTENSIONS.has(parse(entry.name).ext))
      .filter(({ name }) => !NO_WORKER.test(name))
      .map((entry) => ({ name: parse(entry.name).name, file: join(dir, entry.name) }))
      .sort((a, b) => a.file < b.file ? -1 : 1);
  } catch (error) {
    problems.push(
      new WorkerDeclarationError(
        `The workers' folder ${dir} cannot be read: ${errorData(error).message}. Check ` +
          `--workers-dir (or WORKERS_DIR)`,
        { cause: error },
      ),
    );
    return [];
  }
}

function claimedTwice(file: WorkerFile, other: WorkerFile): WorkerDeclarationError {
  return new WorkerDeclarationError(
    `${file.file} is ignored: the queue ${file.name} already has a worker, ${other.file}. ` +
      `Rename one of the two files, and the queue in it`,
  );
}

/**
 * Loads a worker.
 *
 * @throws {WorkerDeclarationError} When the file does not load, or declares no queue or another
 * than its name says.
 */
export async function loadWorker({ name, file }: WorkerFile): Promise<Worker> {
  let module: { default?: unknown };
  try {
    module = await importModule(pathToFileURL(file).href);
  } catch (error) {
    const { name: kind, message: whole, stack } = errorData(error);
    if (LOCKED.test(whole)) throw new WorkerDeclarationError(`${file} ${NOT_LOCKED}`);
    const message = whole.trimEnd();
    // The message of a syntax error has its place.
    const place = message.includes("file://") ? "" : placeOf(file, stack);
    const text = `${file} does not load: ${kind}: ${message}${place}${hintFor(file, message)}`;
    throw new WorkerDeclarationError(text, { cause: error });
  }
  const worker = module.default as Partial<Worker> | undefined;
  const wrong = wrongWith(worker, name);
  if (wrong) throw new WorkerDeclarationError(`${file} ${wrong}`);
  return worker as Worker;
}

/** Deno's words for a module that has no such name, before a hint that concerns other programs. */
const UNKNOWN_IMPORT = /Unknown export|not in import map|not prefixed with|PATH_NOT_EXPORTED/;

/** Deno's words for a package that `deno.lock` lacks, before many lines of it. */
const LOCKED = /lockfile is out of date/;
const NOT_LOCKED =
  "does not load: it imports an npm package that deno.lock of this program does not have: start " +
  "the program by deno task start, or by deno run -A --no-lock main.ts";

/** What Deno does not say. In the binary a file in JavaScript imports no TypeScript. */
function hintFor(file: string, message: string): string {
  if (UNKNOWN_IMPORT.test(message)) {
    return ". A worker imports process-queue/worker, process-queue/database, zod, kysely, node: " +
      `modules, files of yours by relative paths${
        Deno.build.standalone ? "" : ", and npm packages as npm:NAME@VERSION"
      }`;
  }
  if (!Deno.build.standalone || /\.m?ts$/.test(file) || !/\.m?ts:/.test(message)) return "";
  return `. In the binary only a worker in TypeScript imports TypeScript: rename ${file} to .ts`;
}

/** The options of a worker; the compiler checks that none is missing. */
const OPTIONS: ReadonlySet<string> = new Set(
  Object.keys(
    {
      queue: true,
      event: true,
      isTestQueue: true,
      enabled: true,
      prefetch: true,
      concurrency: true,
      orderBy: true,
      maxConsumeSeconds: true,
      maxHeapMb: true,
      retries: true,
      secrets: true,
      requires: true,
      ownDatabaseOnly: true,
      patienceSeconds: true,
      shard: true,
      setup: true,
      consume: true,
      batch: true,
      consumeBatch: true,
    } satisfies Record<keyof SingleWorker<unknown> | keyof BatchWorker<unknown>, true>,
  ),
);

/**
 * The problem with a module's default export, as the end of a sentence.
 *
 * @param name The name of its file, which the queue must have.
 * @returns `undefined` where it is a worker.
 */
export function wrongWith(
  worker: Partial<Worker> | undefined,
  name: string,
): string | undefined {
  if (typeof worker !== "object" || worker === null) {
    return "declares no worker: write `export default defineWorker({ … })`, with defineWorker " +
      "from process-queue/worker";
  }
  if (typeof worker.queue !== "string" || worker.queue === "") {
    return `declares a worker without a queue: add \`queue: "${name}"\``;
  }
  if (worker.queue !== name) {
    return `declares the queue ${worker.queue}, but the file is named ${name}: use the same name ` +
      `in both`;
  }
  if (typeof worker.event?.safeParse !== "function") {
    return "declares a worker without a schema: add `event: z.object({ … })`, with z from zod 4";
  }
  const mistyped = Object.keys(worker).filter((key) => !OPTIONS.has(key))
    .map((key) => `has an unknown option ${key}${didYouMean(key, OPTIONS)}`)
    .find((text) => text.endsWith("?"));
  if (mistyped) return mistyped;
  const { consume, consumeBatch, batch } = worker as
    & Partial<SingleWorker<unknown>>
    & Partial<BatchWorker<unknown>>;
  if (typeof consume !== "function" && typeof consumeBatch !== "function") {
    return "declares a worker without a handler: add `consume(event, ctx)`, or `batch` and " +
      "`consumeBatch(events, ctx)`";
  }
  if (consumeBatch && !batch) {
    return "has consumeBatch but no batch: add `batch: { size, seconds }`";
  }
  return batch && !consumeBatch
    ? "has a batch but no consumeBatch: add `consumeBatch(events, ctx)`, or remove batch"
    : undefined;
}
