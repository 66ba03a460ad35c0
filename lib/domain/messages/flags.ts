/**
 * What messages are to users, as bits of `zerver_usermessage.flags`.
 *
 * @module
 */

/** The names of bits, from the lowest one; `undefined` for those that clients do not learn. */
const NAMES: readonly (string | undefined)[] = [
  "read",
  "starred",
  "collapsed",
  "mentioned",
  "stream_wildcard_mentioned",
  "topic_wildcard_mentioned",
  "group_mentioned",
  "force_expand",
  "force_collapse",
  "has_alert_word",
  "historical",
  // is_private
  undefined,
  // active_mobile_push_notification
  undefined,
];

/** The flags of a message for a user, by the names that clients know. */
export function clientFlags(flags: number | bigint): string[] {
  const bits = BigInt(flags);
  return NAMES.filter((name, at) => name !== undefined && (bits >> BigInt(at) & 1n) === 1n)
    .map(String);
}
