/**
 * PostgreSQL's programs on this machine: those of the newest version that Debian installed.
 *
 * @module
 */

/** Debian's folder with a folder for each installed version. */
const VERSIONS = "/usr/lib/postgresql";

/** Reports whether PostgreSQL's server is installed. */
export function postgresInstalled(): boolean {
  return findBinaries() !== undefined;
}

/** The folder with the programs of the newest version. */
function findBinaries(): string | undefined {
  const newestFirst = (a: string, b: string) => Number(b) - Number(a);
  return folderNames(VERSIONS)
    .sort(newestFirst)
    .map((version) => `${VERSIONS}/${version}/bin`)
    .find((folder) => folderNames(folder, true).includes("initdb"));
}

function folderNames(folder: string, files = false): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter((entry) => files || entry.isDirectory)
      .map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * The folder with the programs of the newest version.
 *
 * @throws {Error} When PostgreSQL is not installed.
 */
export function requireBinaries(): string {
  const found = findBinaries();
  if (found) return found;
  throw new Error(
    `PostgreSQL is not installed: there is no ${VERSIONS}/*/bin/initdb; run apt-get install postgresql`,
  );
}
