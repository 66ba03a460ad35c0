/**
 * The name of a queue in the configuration.
 *
 * @module
 */

/**
 * A queue's key in the configuration, which is what a variable's name can hold of it: lower case,
 * and `_` for every character that is neither letter nor digit.
 */
export function queueKey(queue: string): string {
  return queue.toLowerCase().replaceAll(/[^a-z0-9]/g, "_");
}
