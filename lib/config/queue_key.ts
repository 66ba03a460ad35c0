/**
 * What a queue is called in the configuration.
 *
 * @module
 */

/**
 * A queue's key in the configuration, which is what variables can say of its name: lower case,
 * and `_` for whatever is neither letter nor digit.
 */
export function queueKey(queue: string): string {
  return queue.toLowerCase().replaceAll(/[^a-z0-9]/g, "_");
}
