/** The demo's settings: its own folder, broker and database, whatever else is configured. */

import { join } from "node:path";

/** Root of the repository. */
export const ROOT: string = join(import.meta.dirname ?? ".", "..", "..");
/** The demo's folder, relative to the repository. */
export const STATE_DIR = "var/demo";
/** The folder of its worker, relative to the repository. */
export const WORKERS_DIR = "scripts/demo/workers";
/** The demo's folder. */
export const FOLDER: string = join(ROOT, STATE_DIR);

/** The variables that Deno needs to find its cache, or to fill it. */
const DENO_VARIABLES =
  /^(PATH|HOME|TMPDIR|XDG_\w+|DENO_\w+|NPM_CONFIG_\w+|SSL_CERT_\w+|(HTTPS?|ALL|NO)_PROXY)$/i;

/** The demo's settings. They put the embedded broker and the database into `folder`. */
export function settings(folder: string = FOLDER): Readonly<Record<string, string>> {
  return { BROKER: "embedded", STATE_DIR: folder, WORKERS_DIR: join(ROOT, WORKERS_DIR) };
}

/** The environment of the demo's programs. */
export function environment(): Record<string, string> {
  const ofDeno = Object.entries(Deno.env.toObject()).filter(([name]) => DENO_VARIABLES.test(name));
  return { ...Object.fromEntries(ofDeno), ...settings(), NO_COLOR: "1" };
}

/** The file that makes a server of the demo look as if it were down. */
const DOWN = join(FOLDER, "down");

/** Removes the files of an earlier demo, and has a server down. */
export async function clear(): Promise<void> {
  await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(DOWN, "");
}

/** Has the server up again. */
export async function mend(): Promise<void> {
  await Deno.remove(DOWN);
}
