/**
 * What went wrong with a connection, as an {@linkcode HttpError}.
 *
 * @module
 */

import { firstCodePoints } from "../database/text.ts";
import { visible } from "../../errors/visible.ts";
import { HttpError, type HttpFailure } from "./http_error.ts";

/** Longer words of others are cut, in code points. */
const MOST_WORDS = 300;

/** What is known of a call that failed. */
export interface FailedCall {
  /** The server, for the message. */
  readonly place: string;
  /** Ended the call, if it is aborted. */
  readonly signal: AbortSignal;
  readonly mayHaveArrived: boolean;
  /** What an error of the connection means. @default {"network"} */
  readonly kind?: HttpFailure;
}

/** An error of any kind as one of HTTP; one that is of HTTP stays as it is. */
export function httpErrorOf(error: unknown, call: FailedCall): HttpError {
  const { place, signal, mayHaveArrived, kind = "network" } = call;
  if (error instanceof HttpError) return error;
  const options = { mayHaveArrived, cause: error };
  if (signal.aborted) {
    return isTimeout(signal.reason)
      ? new HttpError("timeout", `${place} has not answered in time`, options)
      : new HttpError("aborted", `The call of ${place} was ended`, options);
  }
  return new HttpError(kind, `${place}: ${wordsOf(error)}`, options);
}

/** What others say, as a short line in which nothing is invisible. */
export function words(text: string): string {
  return firstCodePoints(visible(text.replace(/\s+/g, " ").trim()), MOST_WORDS);
}

/** A failed connection to several addresses is an error without words of its own. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  if (!(error instanceof Error)) return words(String(error));
  const { code } = error as NodeJS.ErrnoException;
  return words(error.message || code || error.name);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}
