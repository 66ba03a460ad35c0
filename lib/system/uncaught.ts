/**
 * Errors that no code has caught.
 *
 * @module
 */

/**
 * Calls `take` with each unhandled error and rejection, which then does not end the process.
 *
 * @param signal Ends this when it is aborted.
 */
export function onUncaught(take: (error: unknown) => void, signal: AbortSignal): void {
  const takeOf = (event: Event, error: unknown) => {
    event.preventDefault();
    take(error);
  };
  globalThis.addEventListener("error", (event) => takeOf(event, event.error), { signal });
  globalThis.addEventListener("unhandledrejection", (event) => takeOf(event, event.reason), {
    signal,
  });
}
