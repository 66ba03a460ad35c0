/**
 * The pauses of queues, kept in files, so that a restart or an update does not lift them:
 * `<STATE_DIR>/paused/<queue>.json`.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { PauseRecord } from "../monitoring/snapshot.ts";
import { decoded } from "../system/decoded.ts";

const RECORD: z.ZodType<PauseRecord> = z.object({
  by: z.string(),
  at: z.iso.datetime(),
  reason: z.string().nullable(),
  until: z.iso.datetime().nullable(),
});

/** What the file of a pause says. */
export type StoredPause =
  | { readonly kind: "none" }
  | { readonly kind: "paused"; readonly pause: PauseRecord }
  /** The file cannot be read: the queue counts as paused. */
  | { readonly kind: "unreadable"; readonly path: string; readonly problem: string };

/** The pauses of the queues of one `STATE_DIR`. */
export class PausedQueues {
  readonly #folder: string;

  /** @param stateDir `STATE_DIR` */
  constructor(stateDir: string) {
    this.#folder = join(stateDir, "paused");
  }

  /** The file of a queue's pause. */
  pathOf(queue: string): string {
    return join(this.#folder, `${encodeURIComponent(queue)}.json`);
  }

  /** The queues of which a file is there. */
  queues(): string[] {
    return this.#names().filter((name) => name.endsWith(".json"))
      .flatMap((name) => decoded(name.slice(0, -".json".length)) ?? []).sort();
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return []; // There is no such folder.
    }
  }

  /** The pause of a queue. One that is over counts as none. @param now ms since 1970 */
  read(queue: string, now: number): StoredPause {
    const path = this.pathOf(queue);
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENOENT") return { kind: "none" };
      return { kind: "unreadable", path, problem: (error as Error).message };
    }
    const parsed = RECORD.safeParse(parse(text));
    if (!parsed.success) {
      return { kind: "unreadable", path, problem: "it is not a pause in JSON" };
    }
    const { until } = parsed.data;
    const isOver = until !== null && Date.parse(until) <= now;
    return isOver ? { kind: "none" } : { kind: "paused", pause: parsed.data };
  }

  /**
   * Keeps a pause. Another process sees the old file or the whole new one.
   *
   * @throws {Error} The error of the file system.
   */
  write(queue: string, pause: PauseRecord): void {
    mkdirSync(this.#folder, { recursive: true });
    const path = this.pathOf(queue);
    const draft = `${path}.${crypto.randomUUID()}`;
    writeFileSync(draft, JSON.stringify(pause, undefined, 2) + "\n", { mode: 0o600 });
    renameSync(draft, path);
  }

  /** Forgets a pause that is over. @param now ms since 1970 @returns Whether it is. */
  removeIfOver(queue: string, now: number): boolean {
    const isOver = this.read(queue, now).kind === "none";
    if (isOver) this.remove(queue);
    return isOver;
  }

  /** Forgets a pause. @throws {Error} The error of the file system. */
  remove(queue: string): void {
    rmSync(this.pathOf(queue), { force: true });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
