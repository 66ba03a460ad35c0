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

/** The most characters of a line that wait for its end. */
const MAX_REST = 65_536;

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
 * Has `process.stdout` and `process.stderr` of this thread print through a function, by whole lines, as
 * other threads print to the same streams. Libraries use these; Deno's own `Deno.stdout` and
 * `Deno.stderr` are left as they are.
 *
 * @param write Takes a text that ends with a newline, and whether it is for standard output (1) or
 * standard error (2).
 */
export function redirectProcessStreams(write: (fd: StandardFd, text: string) => void): void {
  const writeTo = (fd: StandardFd) => {
    const print = byLines((text) => write(fd, text));
    return (...args: unknown[]): boolean => {
      print(args[0]);
      const callback = args.find((arg) => typeof arg === "function");
      if (callback) queueMicrotask(() => callback());
      return true;
    };
  };
  process.stdout.write = writeTo(1);
  process.stderr.write = writeTo(2);
}

/** Takes text or bytes, and hands on whole lines. A line that is very long is cut in several. */
function byLines(write: (lines: string) => void): (chunk: unknown) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (chunk) => {
    rest += chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : String(chunk);
    if (rest.length > MAX_REST && !rest.includes("\n")) rest += "\n";
    const end = rest.lastIndexOf("\n") + 1;
    if (end > 0) write(rest.slice(0, end));
    rest = rest.slice(end);
  };
}
