/**
 * Waiting for a limited time, or until a signal.
 *
 * @module
 */

/** The result of {@linkcode within} when the time is over. */
export const TOO_LATE = Symbol("too late");

/**
 * Waits for a promise for up to `ms` milliseconds. Ignores a later result, also a rejection.
 */
export async function within<Result>(
  ms: number,
  promise: Promise<Result>,
): Promise<Result | typeof TOO_LATE> {
  const limit = Promise.withResolvers<typeof TOO_LATE>();
  const timer = setTimeout(() => limit.resolve(TOO_LATE), ms);
  try {
    return await Promise.race([promise, limit.promise]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}

/**
 * Waits for a promise until the signal is aborted, and `graceMs` ms longer. Ignores a later result,
 * also a rejection.
 *
 * @param graceMs @default {0}
 * @returns `undefined` when it is too late.
 */
export async function unlessAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal,
  graceMs = 0,
): Promise<Result | undefined> {
  const late = Promise.withResolvers<undefined>();
  const onAbort = () => void within(graceMs, promise).then(() => late.resolve(undefined), () => {});
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
