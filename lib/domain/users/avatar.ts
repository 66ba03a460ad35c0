/**
 * Where the pictures of users are.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What decides where a user's picture is. */
export interface Pictured {
  readonly id: number;
  /** The user's address, of which Gravatar gets the MD5. */
  readonly address: string;
  /** `G`: Gravatar has it; `U`: the server. */
  readonly avatarSource: string;
  readonly avatarVersion: number;
}

/**
 * The address of a user's picture. That of an uploaded one redirects to the file, whose name depends
 * on a secret of the Zulip server.
 *
 * @param realmUrl Without a slash at its end.
 */
export function avatarUrl(user: Pictured, realmUrl: string): string {
  const { id, address, avatarSource, avatarVersion: version } = user;
  if (avatarSource === "U") return `${realmUrl}/avatar/${id}?version=${version}`;
  const hash = createHash("md5").update(address.trim().toLowerCase()).digest("hex");
  return `https://secure.gravatar.com/avatar/${hash}?d=identicon&version=${version}`;
}

/** The picture of a user whom the reader may not know. @param realmUrl Without a slash at its end. */
export function unknownAvatarUrl(realmUrl: string): string {
  return `${realmUrl}/static/images/unknown-user-avatar.png`;
}
