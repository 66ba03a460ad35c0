/**
 * The body of an answer, up to its limit.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import { HttpError } from "./http_error.ts";

/** How much of a body is read. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** What happens to a longer body. @default {"error"} */
  readonly onTooLarge?: "error" | "cut" | undefined;
  /** Gets each piece; `enough` ends reading. It must not throw. */
  readonly onData?: ((piece: Uint8Array) => "more" | "enough") | undefined;
}

/** What was read of a body. */
export interface Body {
  readonly body: Uint8Array;
  /** Whether there may be more of it. */
  readonly isCut: boolean;
}

/**
 * Reads a body, as it comes: nothing is unpacked.
 *
 * @param place The server, for messages.
 * @throws {HttpError} `too large`, or `network` when it ends before its time.
 */
export async function readBody(
  response: IncomingMessage,
  { maxBytes, onTooLarge, onData }: BodyLimits,
  place: string,
): Promise<Body> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const tooLarge = () =>
    new HttpError("too large", `${place} sends more than ${maxBytes} bytes`, {
      mayHaveArrived: true,
    });
  if (onTooLarge !== "cut" && Number(response.headers["content-length"]) > maxBytes) {
    throw tooLarge();
  }
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const cutOff = () => reject(new Error("the answer is cut off"));
  response.on("data", (piece: Uint8Array) => {
    const taken = piece.subarray(0, maxBytes - size);
    size += taken.length;
    pieces.push(taken);
    if (taken.length < piece.length) {
      if (onTooLarge !== "cut") return reject(tooLarge());
      onData?.(taken);
      return resolve(true);
    }
    try {
      if (onData?.(taken) === "enough") resolve(true);
    } catch (error) {
      reject(error);
    }
  });
  response.on("end", () => resolve(false));
  response.on("aborted", cutOff);
  response.on("close", cutOff);
  response.on("error", reject);
  const isCut = await promise;
  return { body: joined(pieces, size), isCut };
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
