/**
 * A file that a message has, before it is stored. Pure.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { firstCodePoints } from "../database/text.ts";
import { type PictureHeader, pictureHeader } from "../pictures/picture_header.ts";

/** A file to be stored. */
export interface Upload {
  /** Its place below `files/` of the folder of uploads: Zulip's `path_id`. */
  readonly pathId: string;
  /** As people see it. */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Where thumbnails are made of it. */
  readonly picture: PictureHeader | undefined;
}

/** A file as somebody has sent it. */
export interface SentFile {
  /** Anything. */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** In code points. A file system takes 255 bytes. */
const MOST_NAME = 60;
const UNNAMED = "uploaded-file";

/**
 * A file to be stored.
 *
 * @param key The same file has the same place whenever it is stored again. Nobody can guess it.
 */
export function uploadOf(file: SentFile, realmId: number, key: string): Upload {
  const digest = createHash("sha256").update(key).digest("base64url");
  const folder = createHash("sha256").update(digest).digest()[0] ?? 0;
  const name = file.name.toWellFormed().replace(/[\p{Cc}\p{Cf}]/gu, "").trim() || UNNAMED;
  const picture = pictureHeader(file.bytes);
  return {
    pathId: `${realmId}/${folder.toString(16)}/${digest.slice(0, 24)}/${safeName(name)}`,
    name: firstCodePoints(name, 200),
    contentType: picture?.contentType ?? file.contentType,
    bytes: file.bytes,
    picture,
  };
}

/**
 * A name for a file system and a URL: letters, digits, `.`, `-` and `_`, of at most 60 characters.
 * The end of a long one stays.
 */
export function safeName(name: string): string {
  const safe = name.normalize("NFKC").replace(/[^\p{L}\p{M}\p{N}_\s.-]/gu, "").trim()
    .replace(/[-\s]+/g, "-").replace(/^\.+/, "");
  const short = Array.from(safe).slice(-MOST_NAME).join("").replace(/^[.-]+/, "");
  return short === "" ? UNNAMED : short;
}

/** The link to a file, in Markdown. */
export function uploadLink({ name, pathId }: Pick<Upload, "name" | "pathId">): string {
  const label = name.replaceAll(/[\\`*_~[\]]/g, "\\$&").replace(/\s+/g, " ");
  return `[${label}](/user_uploads/${pathId})`;
}
