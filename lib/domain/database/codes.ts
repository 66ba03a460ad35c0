/**
 * Numbers by which Zulip's tables say what a row is.
 *
 * @module
 */

/** The role of guests, in `zerver_userprofile`. */
export const GUEST = 600;

/** The role of administrators; that of owners is lower. */
export const ADMINISTRATOR = 200;

/** The `string_id` of the realm of the system's bots. */
export const SYSTEM_REALM = "zulipinternal";

/** The types of `zerver_recipient`: direct messages to one user, channels, groups of users. */
export const RECIPIENT = { personal: 1, stream: 2, group: 3 } as const;

/** Types of `zerver_realmauditlog` about a subscription: made, made again, ended. */
export const SUBSCRIPTION = { made: 301, madeAgain: 302, ended: 303 } as const;
