/**
 * The reserve of the broker's disk: a file that is removed when the disk is full, so that events
 * which were taken can still be settled. From then on publishes are refused, until there is room
 * for the reserve again.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { sqliteFault } from "../../../errors/sqlite_fault.ts";
import { tryLock } from "../../../system/file_lock.ts";
import { diskFull } from "./errors.ts";
import { exists, Mark, sizeOf, tryTo } from "./mark.ts";
import type { Notice } from "./notice.ts";

/** The name of the reserve, beside the broker's file. */
export const RESERVE_NAME = "broker.reserve";
/** Its size in bytes. */
export const RESERVE_BYTES = 16 * 1024 * 1024;
/** The room that is needed to make it, in bytes. */
export const ROOM_BYTES = 2 * RESERVE_BYTES;

/** Bytes that are written in one turn of the event loop. */
const PIECE_BYTES = 1024 * 1024;
/** The most bytes of one call of `crypto.getRandomValues`. */
const MAX_RANDOM_BYTES = 65_536;
/** A disk with less room than this is full, in bytes: SQLite also reports that as a failed write. */
const FULL_BYTES = 1024 * 1024;
/** ms until a reserve that could not be written is tried again. */
const AGAIN_MS = 60_000;

/** What the disk looks like. */
export interface DiskState {
  /** Whether the reserve is there, as a whole. */
  readonly hasReserve: boolean;
  /** Whether it was spent, and publishes are refused. */
  readonly isSpent: boolean;
  /** The room on the disk. */
  readonly freeBytes: number;
}

/** What to do with the reserve, if anything. */
export function reserveStep(disk: DiskState): "make" | "accept" | "nothing" {
  if (disk.hasReserve) return disk.isSpent ? "accept" : "nothing";
  return disk.freeBytes >= ROOM_BYTES ? "make" : "nothing";
}

/** Whether a fault of the file comes from a full disk. */
export function isFullDisk(error: unknown, freeBytes: () => number): boolean {
  const fault = sqliteFault(error);
  return fault === "full" || (fault === "unreadable" && freeBytes() < FULL_BYTES);
}

/** The reserve of one disk, which all processes share. */
export class Reserve {
  readonly #file: string;
  readonly #path: string;
  readonly #folder: string;
  /** Is there while publishes are refused. */
  readonly #spent: Mark;
  readonly #lockPath: string;
  readonly #notice: Notice;
  #notBefore = -Infinity;
  #isTold = false;
  #keeping: Promise<void> | undefined;

  /** @param file The broker's file. @param notice Reports what happens. */
  constructor(file: string, notice: Notice) {
    this.#file = file;
    this.#folder = dirname(file);
    this.#path = join(this.#folder, RESERVE_NAME);
    this.#spent = new Mark(`${file}-full`);
    this.#lockPath = `${file}-upkeep`;
    this.#notice = notice;
  }

  /** Whether publishes are refused. */
  get isSpent(): boolean {
    return this.#spent.isThere;
  }

  /** @throws {BrokerError} `refused` while it is spent. */
  assertRoom(): void {
    if (this.isSpent) throw diskFull(this.#file, toMb(ROOM_BYTES));
  }

  /** @throws {BrokerError} `refused` while it is spent, and there is no room to make it again. */
  assertNotFull(): void {
    const disk = this.#disk();
    if (disk.isSpent && reserveStep(disk) === "nothing") {
      throw diskFull(this.#file, toMb(ROOM_BYTES));
    }
  }

  /**
   * Removes the reserve if the disk is full, also one that a killed process has not finished.
   *
   * @param error The fault of a transaction.
   * @returns Whether there is room now to try it again.
   */
  spend(error: unknown): boolean {
    const files = [this.#path, this.#unfinished].filter(exists);
    if (files.length === 0 || !isFullDisk(error, () => this.#freeBytes())) return false;
    for (const file of files) tryTo(() => Deno.removeSync(file));
    if (files.some(exists)) return false;
    this.#spent.set("");
    this.#tell();
    return true;
  }

  /** Makes the reserve if it is missing and there is room. Never rejects. */
  keep(): Promise<void> {
    return this.#keeping ??= this.#tryToKeep().finally(() => this.#keeping = undefined);
  }

  /** Makes no reserve any more; resolves when none is being made. */
  async end(): Promise<void> {
    this.#notBefore = Infinity;
    await this.#keeping;
  }

  async #tryToKeep(): Promise<void> {
    if (performance.now() < this.#notBefore) return;
    try {
      await this.#keep();
    } catch {
      await Deno.remove(this.#unfinished).catch(() => {});
      this.#notBefore = Math.max(this.#notBefore, performance.now() + AGAIN_MS);
    }
  }

  async #keep(): Promise<void> {
    if (this.isSpent) this.#tell();
    const step = reserveStep(this.#disk());
    if (step === "nothing") return;
    using lock = Deno.openSync(this.#lockPath, { write: true, create: true, mode: 0o600 });
    if (!tryLock(lock, true)) return;
    if (step === "make") await this.#make();
    this.#accept();
  }

  /** Random bytes, so that no file system makes them smaller. */
  async #make(): Promise<void> {
    const options = { write: true, create: true, truncate: true, mode: 0o600 };
    using file = await Deno.open(this.#unfinished, options);
    for (let done = 0; done < RESERVE_BYTES;) {
      if (this.#notBefore === Infinity) throw new Error("The broker was closed");
      done += await file.write(randomPiece());
    }
    await Deno.rename(this.#unfinished, this.#path);
  }

  /** Tells once that the disk is full, whichever process has noticed it. */
  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#notice(
      "error",
      "The disk of {folder} is full: events that were taken are settled with {megabytes} MB that " +
        "were kept for that, and publishes are refused until {needed} MB are free: make room",
      {
        properties: {
          folder: this.#folder,
          megabytes: toMb(RESERVE_BYTES),
          needed: toMb(ROOM_BYTES),
        },
      },
    );
  }

  #accept(): void {
    if (!this.isSpent) return;
    this.#spent.clear();
    if (sizeOf(this.#path) < RESERVE_BYTES) return this.#spent.set(""); // It was spent meanwhile.
    this.#isTold = false;
    this.#notice("warning", "There is room on the disk of {folder} again: publishes are accepted", {
      properties: { folder: this.#folder },
    });
  }

  #disk(): DiskState {
    const hasReserve = sizeOf(this.#path) >= RESERVE_BYTES;
    return {
      hasReserve,
      isSpent: this.isSpent,
      freeBytes: hasReserve ? 0 : this.#freeBytes(),
    };
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  get #unfinished(): string {
    return `${this.#path}-unfinished`;
  }
}

function toMb(bytes: number): number {
  return bytes / 1024 / 1024;
}

function randomPiece(): Uint8Array {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < PIECE_BYTES; at += MAX_RANDOM_BYTES) {
    crypto.getRandomValues(piece.subarray(at, at + MAX_RANDOM_BYTES));
  }
  return piece;
}
