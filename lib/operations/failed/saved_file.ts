/**
 * Files of events that were removed from a queue, which `publish --from` takes back.
 *
 * @module
 */

import { mkdir, open } from "node:fs/promises";
import { Buffer } from "node:buffer";
import { dirname } from "node:path";
import type { EventProperties, StoredEvent } from "../../engine/broker/broker.ts";
import { decodeProperties, encodeProperties } from "../../engine/broker/property_text.ts";
import { handleOf } from "./handle.ts";

/** The file cannot be used. The message says which, why, and what to do. */
export class SavedFileError extends Error {
  override readonly name = "SavedFileError";
}

/** Who removes events, and from which queue. */
export interface Remover {
  /** The queue whose events they are; not that of the dead letters. */
  readonly queue: string;
  readonly by: string;
}

/** Writes removed events, one a line. The file is made at the first, for its owner alone. */
export class SavedFile implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  #file: Awaited<ReturnType<typeof open>> | undefined;
  #count = 0;
  /** The bytes of whole lines. */
  #bytes = 0;

  /** @param path A file that does not exist. Its folder is made. */
  constructor(path: string) {
    this.path = path;
  }

  /** How many events are in it. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds events; resolves when they are on the disk.
   *
   * @throws {SavedFileError} When the file exists already or cannot be written.
   */
  async add(events: readonly StoredEvent[], remover: Remover): Promise<void> {
    const at = new Date().toISOString();
    const lines = events.map((event) => `${savedLine(event, remover, at)}\n`).join("");
    try {
      this.#file ??= await create(this.path);
      await this.#file.appendFile(lines);
      await this.#file.datasync();
      this.#count += events.length;
      this.#bytes += Buffer.byteLength(lines);
    } catch (error) {
      // The events stay in their queue: lines of theirs would be published twice.
      await this.#file?.truncate(this.#bytes).catch(() => {});
      throw fileError(this.path, error);
    }
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}

/** Makes the file, and sees to it that its name is on the disk too. */
async function create(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(({ message }) => {
    throw new Error(message);
  });
  const file = await open(path, "ax", 0o600);
  const directory = await open(folder, "r");
  await directory.sync().catch(() => {});
  await directory.close();
  return file;
}

function fileError(path: string, error: unknown): SavedFileError {
  const { code, message } = error as NodeJS.ErrnoException;
  const text = code === "EEXIST"
    ? `The file ${path} exists already: give --save another name, as events are not added to a file`
    : `The file ${path} cannot be written: ${message}. The events that are not in it stay in their ` +
      "queue; give --save a path where there is room";
  return new SavedFileError(text, { cause: error });
}

/** One event as a line of JSON. */
export function savedLine(event: StoredEvent, { queue, by }: Remover, removedAt: string): string {
  const { headers = {}, ...properties } = JSON.parse(encodeProperties(event.properties) ?? "{}");
  return JSON.stringify({
    queue,
    handle: handleOf(event),
    properties,
    headers,
    ...bodyFields(event.body),
    removed_at: removedAt,
    by,
  });
}

/** A body as JSON holds it: as text, and bytes that are no text as base64. */
export function bodyFields(
  body: Uint8Array,
): { readonly body: string } | { readonly body_base64: string } {
  try {
    return { body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body) };
  } catch {
    return { body_base64: Buffer.from(body).toString("base64") };
  }
}

/**
 * Reads a line that {@linkcode savedLine} has made.
 *
 * @throws {SavedFileError} When it is none.
 */
export function readSavedLine(text: string): StoredEvent & { readonly queue: string } {
  const line = parse(text);
  const { queue, properties, headers, body, body_base64: base64 } = line;
  const isWhole = typeof queue === "string" && isObject(properties) && isObject(headers) &&
    (typeof body === "string" || typeof base64 === "string");
  if (!isWhole) throw notSaved("it needs queue, properties, headers, and body or body_base64");
  const all = JSON.stringify({ ...properties, headers });
  return {
    queue,
    properties: decodeProperties(all) as EventProperties,
    body: typeof body === "string" ? Buffer.from(body) : Buffer.from(String(base64), "base64"),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    throw notSaved("it is not JSON");
  }
  throw notSaved("it is not a JSON object");
}

function notSaved(why: string): SavedFileError {
  return new SavedFileError(
    `not an event that failed drop or purge --save has written: ${why}. To publish plain events, ` +
      "give them on the standard input",
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
