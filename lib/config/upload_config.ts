/**
 * Uploaded files, as a part of the configuration.
 *
 * @module
 */

import type { SettingsReader } from "./reader.ts";
import { UPLOADS } from "./upload_settings.ts";

/** Where uploaded files are. */
export interface UploadConfig {
  /** Zulip's LOCAL_UPLOADS_DIR; `undefined`: it is not set. */
  readonly localDir: string | undefined;
}

/** Reads the settings of uploaded files. */
export function readUploads(reader: SettingsReader): UploadConfig {
  return { localDir: reader.readOptional(UPLOADS.localDir) };
}
