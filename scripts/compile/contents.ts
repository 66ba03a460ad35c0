/**
 * The contents of the binary.
 *
 * @module
 */

import { globSync } from "node:fs";
import { DASHBOARD_FILES } from "../../lib/server/assets.ts";

/** The contents of a bundle. All paths are relative to the folder of the program. */
export interface BundleContents {
  /** The first module, then those that the program loads by their paths. */
  readonly modules: readonly string[];
  /**
   * The modules that workers in a folder outside import, by the names under which they do. Such a
   * worker and the program then share one copy.
   */
  readonly faces: Readonly<Record<string, string>>;
  /** Files and folders that the program reads; they keep their paths. */
  readonly assets: readonly string[];
  /**
   * Files of npm packages that modules find by `import.meta.resolve`, by the names under which they
   * do, for `lib/system/package_file.ts`. The bundle has them compressed. The rest of these packages
   * is bundled.
   */
  readonly packageFiles: Readonly<Record<string, URL>>;
  /** npm packages that read files beside their modules. They stay as they are, with all files. */
  readonly wholePackages: readonly string[];
}

const WASM = "@imagemagick/magick-wasm/magick.wasm";

/** Never called: Deno knows the places of packages that a module imports. */
export const withMagick = (): Promise<unknown> => import("@imagemagick/magick-wasm");

/** The contents of the binary. @param root The folder of the program. */
export function contentsOf(root: string): BundleContents {
  return {
    modules: [
      "main.ts",
      "lib/engine/thread/entry.ts",
      "lib/engine/thread/inner_entry.ts",
      "lib/domain/pictures/picture_thread.ts",
      "lib/modes/dashboard/desk_thread.ts",
      ...globSync("workers/*.ts", { cwd: root }),
    ],
    faces: {
      "process-queue/database": "lib/database.ts",
      "process-queue/worker": "lib/worker.ts",
      "kysely": "scripts/compile/faces/kysely.ts",
      "zod": "scripts/compile/faces/zod.ts",
      "zod/mini": "scripts/compile/faces/zod_mini.ts",
      "zod/v4": "scripts/compile/faces/zod.ts",
      "zod/v4/core": "scripts/compile/faces/zod_core.ts",
      "zod/v4/mini": "scripts/compile/faces/zod_mini.ts",
    },
    assets: [
      "lib/domain/mail/templates/files",
      "lib/domain/previews/oembed_providers.json",
      "lib/server/dashboard",
    ],
    packageFiles: Object.fromEntries(
      [WASM, ...Object.keys(DASHBOARD_FILES.modules)].map((
        name,
      ) => [name, new URL(import.meta.resolve(name))]),
    ),
    wholePackages: [],
  };
}
