/**
 * What code prints goes through a buffer: the runtime would wait for the reader of the stream.
 *
 * @module
 */

import { Console } from "node:console";
import process from "node:process";
import type { StandardFd } from "./stream.ts";

/** How deep objects are printed, as Deno does it; Node's `Console` prints less. */
const DEPTH = 4;

const decoder = new TextDecoder();

/**
 * Has the methods of `console` in this thread print through a function.
 *
 * @param write Takes a text that ends with a newline, and whether it is for standard output (1) or
 * standard error (2).
 */
export function redirectConsole(write: (fd: StandardFd, text: string) => void): void {
  const streamOf = (fd: StandardFd) => ({
    isTTY: !Deno.noColor && (fd === 1 ? Deno.stdout : Deno.stderr).isTerminal(),
    write: (text: string) => write(fd, text),
  });
  const replacement = new Console({
    stdout: streamOf(1) as unknown as NodeJS.WritableStream,
    stderr: streamOf(2) as unknown as NodeJS.WritableStream,
    ignoreErrors: false,
    inspectOptions: { depth: DEPTH },
  });
  const methods = Object.entries(replacement).filter(([name, value]) => {
    return typeof value === "function" && name in console;
  });
  Object.assign(console, Object.fromEntries(methods));
}

/**
 * Has `process.stdout` and `process.stderr` of this thread print through a function. Libraries use
 * these; Deno's own `Deno.stdout` and `Deno.stderr` are left as they are.
 *
 * @param write Takes a text, and whether it is for standard output (1) or standard error (2).
 */
export function redirectProcessStreams(write: (fd: StandardFd, text: string) => void): void {
  const writeTo = (fd: StandardFd) => (...args: unknown[]): boolean => {
    const [chunk] = args;
    write(fd, chunk instanceof Uint8Array ? decoder.decode(chunk) : String(chunk));
    const callback = args.find((arg) => typeof arg === "function");
    if (callback) queueMicrotask(() => callback());
    return true;
  };
  process.stdout.write = writeTo(1);
  process.stderr.write = writeTo(2);
}
