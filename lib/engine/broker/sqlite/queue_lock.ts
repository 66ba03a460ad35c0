/**
 * Locks of queues' events: a file of each, whose lock ends with the process that holds it.
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "../../../system/file_lock.ts";
import { BrokerError, lockedError } from "../broker.ts";

/**
 * Takes the lock of a queue's events.
 *
 * @param path The broker's file; the locks are in a folder beside it.
 * @param holder Who takes it, for others.
 * @throws {BrokerError} `locked` when another has it, `permission` when its file cannot be made.
 */
export function lockQueue(path: string, queue: string, holder: string): AsyncDisposable {
  const file = open(`${path}-locks`, `${encodeURIComponent(queue)}.lock`, queue);
  if (!tryLock(file, true)) {
    const other = textOf(file);
    file.close();
    throw lockedError(queue, other);
  }
  file.truncateSync();
  file.writeSync(new TextEncoder().encode(holder));
  return { [Symbol.asyncDispose]: () => Promise.resolve(file.close()) };
}

function open(folder: string, name: string, queue: string): Deno.FsFile {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return Deno.openSync(join(folder, name), {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message =
      `The events of ${queue} cannot be locked in ${folder}: ${why}. Make the folder ` +
      "writable for this user";
    throw new BrokerError("permission", message, { cause });
  }
}

/** Who holds the lock, as the holder has written it. */
function textOf(file: Deno.FsFile): string {
  const bytes = new Uint8Array(1000);
  return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
}
