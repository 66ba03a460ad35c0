/**
 * The settings of the files that users upload. Names are Zulip's.
 *
 * @module
 */

import { path, type Setting } from "./setting.ts";

/** The settings of uploaded files. */
export const UPLOADS = {
  localDir: {
    name: "LOCAL_UPLOADS_DIR",
    default: undefined,
    description: "The folder in which the Zulip server keeps what users upload: files/ for their " +
      "files, files/thumbnail/ for thumbnails, avatars/ for pictures of users and for exports",
    ...path("the path of a folder"),
  },
} as const satisfies Record<string, Setting<unknown>>;
