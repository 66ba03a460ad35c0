/**
 * Writes lines to a stream whose reader may be slow, may have stopped, or may be gone, and never
 * waits for it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { within } from "../system/deadline.ts";
import type { OutputStream } from "./stream.ts";

/** The most bytes that wait for the stream. */
const MAX_BYTES = 1024 * 1024;
/** The most lines that wait for it: each takes about 500 bytes of memory. */
const MAX_LINES = 32_768;
/** How long lines are gathered between two writes that another thread carries out, in ms. */
const GATHER_MS = 5;

const NEWLINE = 0x0a;
const LINE_END = Uint8Array.of(NEWLINE);

const encoder = new TextEncoder();

/**
 * The lines to one stream, in order. A line is written at once where that needs no wait. Otherwise
 * it waits in a buffer of 1 MiB or 32,768 lines, which is written in the background. Lines that do
 * not fit are dropped until half of the buffer is free, and counted. Nothing here throws: a program
 * must not end because nobody reads its output. Lines for a stream that is closed or fails are lost.
 */
export class Output {
  readonly #stream: OutputStream;
  #isHurried = false;
  /** Ends the wait in which lines are gathered. */
  #endGathering: () => void = () => {};
  #waiting: Uint8Array[] = [];
  /** The bytes that wait or are being written. */
  #bytes = 0;
  #isFull = false;
  #isFailing = false;
  /** Whether the stream has taken a line in part. */
  #isInLine = false;
  #lost = 0;
  #writing: Promise<void> | undefined;
  #onLost: (count: number) => void = () => {};

  /** @param stream Where the lines go. */
  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /**
   * Reports how many lines were dropped, each time that the stream takes lines again.
   *
   * @param report Gets their number; it may {@linkcode keep} a line here. The last one given is
   * called.
   */
  onLost(report: (count: number) => void): void {
    this.#onLost = report;
  }

  /** Writes a line, or drops it. @param line Must end with a newline. */
  write(line: string | Uint8Array): void {
    const bytes = typeof line === "string" ? encoder.encode(line) : line;
    if (this.#hasRoom(bytes.length)) this.#put(bytes);
    else this.#lost++;
  }

  /**
   * Writes a line that must not be dropped, such as the result of a command.
   *
   * @returns Resolves when the stream has taken it, or has failed.
   */
  async keep(line: string): Promise<void> {
    this.#put(encoder.encode(line));
    await this.#writing;
  }

  /** Counts lines that were dropped before they came here. */
  lose(count: number): void {
    this.#lost += count;
    if (!this.#writing && !this.#isFailing) this.#reportLost();
  }

  /** Writes everything. @param ms How long to wait for the stream. */
  async flush(ms: number): Promise<void> {
    if (!this.#isFailing) this.#reportLost();
    this.#isHurried = true;
    this.#endGathering();
    if (this.#writing) await within(ms, this.#writing);
  }

  /** Full means: until half of the buffer is free. A line longer than the buffer may be alone in it. */
  #hasRoom(bytes: number): boolean {
    if (this.#isFull) return false;
    const isOver = this.#bytes + bytes > MAX_BYTES || this.#waiting.length >= MAX_LINES;
    this.#isFull = this.#bytes > 0 && isOver;
    return !this.#isFull;
  }

  #put(bytes: Uint8Array): void {
    const rest = this.#writing || this.#isTorn ? bytes : this.#writeAtOnce(bytes);
    if (rest.length === 0) return;
    this.#waiting.push(rest);
    this.#bytes += rest.length;
    this.#writing ??= this.#writeWaiting();
  }

  /** Writes what needs no wait. @returns The rest. */
  #writeAtOnce(bytes: Uint8Array): Uint8Array {
    try {
      const rest = this.#tryWrite(bytes);
      if (rest.length === 0) this.#succeeded();
      return rest;
    } catch {
      this.#failed(bytes);
      return new Uint8Array();
    }
  }

  #tryWrite(bytes: Uint8Array): Uint8Array {
    return this.#took(bytes, this.#stream.tryWrite?.(bytes) ?? 0);
  }

  /** The stream has taken the first bytes. @returns The rest. */
  #took(bytes: Uint8Array, count: number): Uint8Array {
    if (count > 0) this.#isInLine = bytes[count - 1] !== NEWLINE;
    return bytes.subarray(count);
  }

  /** Whether the rest of a line is lost: the next line must not continue it. */
  get #isTorn(): boolean {
    return this.#isFailing && this.#isInLine;
  }

  async #writeWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      for (const chunk of chunksOf(lines, this.#stream.chunkBytes)) await this.#writeChunk(chunk);
      // Each write in the background costs as much as many lines.
      if (!this.#stream.tryWrite) await this.#gather();
    }
    this.#writing = undefined;
  }

  /** A promise of its own each time: one that is kept would keep all that ever waited for it. */
  async #gather(): Promise<void> {
    if (this.#isHurried) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#endGathering = () => (clearTimeout(timer), resolve());
    });
  }

  async #writeChunk(chunk: Uint8Array): Promise<void> {
    let rest = this.#isTorn ? Buffer.concat([LINE_END, chunk]) : chunk;
    try {
      // The stream has just refused the first chunk.
      if (this.#writing) rest = this.#tryWrite(rest);
      while (rest.length > 0) rest = this.#took(rest, await this.#stream.write(rest));
      this.#written(chunk.length);
      this.#succeeded();
    } catch {
      this.#written(chunk.length);
      this.#failed(chunk.subarray(-rest.length));
    }
  }

  #written(bytes: number): void {
    this.#bytes -= bytes;
    this.#isFull &&= this.#bytes > MAX_BYTES / 2;
  }

  #succeeded(): void {
    this.#isFailing = false;
    if (this.#lost > 0 && !this.#isFull) this.#reportLost();
  }

  #failed(lines: Uint8Array): void {
    this.#isFailing = true;
    this.#lost += lines.filter((byte) => byte === NEWLINE).length;
  }

  #reportLost(): void {
    const count = this.#lost;
    this.#lost = 0;
    this.#isFull = false;
    if (count > 0) this.#onLost(count);
  }
}

/** Joins lines until they would have more than `most` bytes. */
function* chunksOf(lines: readonly Uint8Array[], most: number): Generator<Uint8Array> {
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (bytes > 0 && bytes + line.length > most) {
      yield Buffer.concat(chunk);
      [chunk, bytes] = [[], 0];
    }
    chunk.push(line);
    bytes += line.length;
  }
  if (bytes > 0) yield Buffer.concat(chunk);
}
