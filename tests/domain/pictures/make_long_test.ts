/** Thumbnails of animations that are over the limit of pixels. */

import assert from "node:assert/strict";
import { MagickFormat } from "@imagemagick/magick-wasm";
import { makeThumbnails } from "../../../lib/domain/pictures/make.ts";
import { formsOf } from "../../../lib/domain/pictures/thumbnails.ts";
import { animation, look, tinyFrames } from "../../fixtures/pictures/pictures.ts";

function make(bytes: Uint8Array<ArrayBuffer>, frames: number) {
  const forms = formsOf({ frames, contentType: "image/gif", width: 2, height: 1 });
  const { made, problem } = makeThumbnails({ bytes, frames, forms });
  assert.equal(problem, undefined);
  return made.map(({ bytes }) => look(bytes));
}

Deno.test("the thumbnail of an animation over the limit has its first frames", () => {
  const bytes = animation(MagickFormat.Tiff, { frames: 5, width: 3100, height: 2500 });
  const [moving, still] = make(bytes, 5);
  assert.deepEqual([moving?.frames, moving?.width, moving?.height], [3, 694, 560]);
  assert.deepEqual([still?.frames, still?.width, still?.height], [1, 694, 560]);
});

Deno.test("it is the canvas that counts, of which each frame may be a small part", () => {
  const seen = make(tinyFrames(3000, 2500, 500), 500);
  assert.deepEqual(seen.map(({ width, height }) => [width, height]), [[672, 560], [672, 560]]);
});
