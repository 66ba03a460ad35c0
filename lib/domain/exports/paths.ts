/**
 * Where the archive of an export is, as in Zulip's local backend of uploads.
 *
 * @module
 */

import { randomBytes } from "node:crypto";

const TOKEN_BYTES = 18;

/** What nobody can guess in the address of an archive. */
export function exportToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** The address of an archive below the realm's, and its file below LOCAL_UPLOADS_DIR. */
export function exportPath(
  { exportId, realm }: { readonly exportId: number; readonly realm: { readonly id: number } },
  token: string,
): { readonly url: string; readonly file: string } {
  const rest = `exports/${realm.id}/${token}/zulip-export-${exportId}.tar.gz`;
  return { url: `/user_avatars/${rest}`, file: `avatars/${rest}` };
}
