/**
 * Who uses the program.
 *
 * @module
 */

import { hostname, userInfo } from "node:os";

/** The user and the host, such as `ada on mail.example.com`. */
export function operatorName(): string {
  return `${userName()} on ${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in the system's list of users, as in some containers.
    return `user ${Deno.uid() ?? "unknown"}`;
  }
}
