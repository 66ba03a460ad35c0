/**
 * Waiting, but not for ever.
 *
 * @module
 */

/** What {@linkcode within} answers when the time is over. */
export const TOO_LATE = Symbol("too late");

/**
 * Waits for a promise, but not for longer than so many ms. What comes later is ignored, also an
 * error.
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
