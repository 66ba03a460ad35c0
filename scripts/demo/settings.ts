/** Where the demo works: in a folder of its own, whatever broker and database are configured. */

import { join } from "node:path";

/** The repository. */
export const ROOT: string = join(import.meta.dirname ?? ".", "..", "..");
/** The demo's folder, from the repository. */
export const STATE_DIR = "var/demo";
/** The folder of its worker, from the repository. */
export const WORKERS_DIR = "scripts/demo/workers";
/** The demo's folder. */
export const FOLDER: string = join(ROOT, STATE_DIR);

/** What Deno may need to find its cache, or to fill it. */
const OF_DENO =
  /^(PATH|HOME|TMPDIR|XDG_\w+|DENO_\w+|NPM_CONFIG_\w+|SSL_CERT_\w+|(HTTPS?|ALL|NO)_PROXY)$/i;

/** All that the demo sets: the embedded broker and the database are in `STATE_DIR` then. */
export function settings(folder: string = FOLDER): Readonly<Record<string, string>> {
  return { STATE_DIR: folder, WORKERS_DIR: join(ROOT, WORKERS_DIR) };
}

/** The environment of the demo's programs. */
export function environment(): Record<string, string> {
  const ofDeno = Object.entries(Deno.env.toObject()).filter(([name]) => OF_DENO.test(name));
  return { ...Object.fromEntries(ofDeno), ...settings(), NO_COLOR: "1" };
}

/** Removes what an earlier demo has left. */
export async function clear(): Promise<void> {
  await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
  await Deno.mkdir(FOLDER, { recursive: true });
}
