import assert from "node:assert/strict";
import { allImports } from "../../fixtures/architecture/imports.ts";

const MAGICK = "@imagemagick/magick-wasm";
/** The program of the thread, and what it is made of. */
const THREAD = ["picture_thread", "magick", "make"].map((name) => `lib/domain/pictures/${name}.ts`);

Deno.test("only the thread of thumbnails loads ImageMagick", async () => {
  const imports = (await allImports())
    .filter(({ from }) => !from.startsWith("tests/") && !from.startsWith("scripts/"));
  const loading = imports.filter(({ specifier, to }) =>
    specifier === MAGICK || THREAD.includes(to)
  );
  assert(loading.length > 2);
  assert.deepEqual(loading.filter(({ from }) => !THREAD.includes(from)), []);
});
