/**
 * Waiting for a limited time.
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
