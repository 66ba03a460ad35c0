import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { pictureHeader } from "../../../lib/domain/pictures/picture_header.ts";
import { pngHeader } from "../../fixtures/mirror/mime.ts";

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(
    parts.map((part) => typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part)),
  );

const GIF_FRAME = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 0x44, 0];
const GIF = ["GIF89a", [32, 0, 16, 0, 0x80, 0, 0], [1, 2, 3, 4, 5, 6]] as const;
const GIF_PAUSE = [0x21, 0xf9, 4, 0, 10, 0, 0, 0];
const SIZE = [0xff, 0xc0, 0, 17, 8, 0, 16, 0, 32, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1];

/** EXIF data that say how the picture is turned. */
function exif(orientation: number): Uint8Array {
  const tiff = bytes("MM\0*", [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
  return bytes([0xff, 0xe1, 0, 8 + tiff.length], "Exif\0\0", [...tiff]);
}

const webp = (kind: string, body: readonly number[]) =>
  bytes("RIFF", [0, 0, 0, 0], "WEBP", kind, [body.length, 0, 0, 0], body);

type Expected = readonly [type: string, width: number, height: number, frames: number];
const HEADERS: readonly (readonly [what: string, Uint8Array, Expected])[] = [
  ["PNG", pngHeader(640, 480), ["image/png", 640, 480, 1]],
  ["GIF", bytes(...GIF, GIF_FRAME, [0x3b]), ["image/gif", 32, 16, 1]],
  [
    "animated GIF",
    bytes(...GIF, GIF_PAUSE, GIF_FRAME, GIF_PAUSE, GIF_FRAME, [0x3b]),
    ["image/gif", 32, 16, 2],
  ],
  ["GIF that was cut", bytes(...GIF, GIF_FRAME.slice(0, 10)), ["image/gif", 32, 16, 1]],
  ["JPEG", bytes([0xff, 0xd8], SIZE), ["image/jpeg", 32, 16, 1]],
  [
    "turned JPEG",
    bytes([0xff, 0xd8], [...exif(6)], [0xff, 0xff, 0xdb, 0, 3, 0], SIZE),
    ["image/jpeg", 16, 32, 1],
  ],
  ["JPEG that was mirrored", bytes([0xff, 0xd8], [...exif(2)], SIZE), ["image/jpeg", 32, 16, 1]],
  [
    "WebP",
    webp("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, 32, 0, 16, 0]),
    ["image/webp", 32, 16, 1],
  ],
  ["lossless WebP", webp("VP8L", [0x2f, 31, 0xc0, 3, 0]), ["image/webp", 32, 16, 1]],
  [
    "animated WebP",
    bytes(
      [...webp("VP8X", [2, 0, 0, 0, 31, 0, 0, 15, 0, 0])],
      ...["ANMF", [2, 0, 0, 0, 1, 2], "ANMF", [1, 0, 0, 0, 1, 0]],
    ),
    ["image/webp", 32, 16, 2],
  ],
];

for (const [what, picture, [contentType, width, height, frames]] of HEADERS) {
  Deno.test(`the header of a picture: ${what}`, () => {
    assert.deepEqual(pictureHeader(picture), { contentType, width, height, frames });
  });
}

const NONE: readonly (readonly [what: string, Uint8Array])[] = [
  ["text", bytes("Hello")],
  ["nothing", new Uint8Array()],
  ["a PNG that was cut", pngHeader(640, 480).subarray(0, 18)],
  ["a PNG without a width", pngHeader(0, 480)],
  ["too many pixels", pngHeader(10_000, 9_001)],
  ["a JPEG without a size", bytes([0xff, 0xd8, 0xff, 0xd9, 0, 2])],
  [
    "EXIF data that lead nowhere",
    bytes([0xff, 0xd8, 0xff, 0xe1, 0, 16], "Exif\0\0II*\0", [9, 9, 9, 9]),
  ],
];

for (const [what, file] of NONE) {
  Deno.test(`no picture to make thumbnails of: ${what}`, () => {
    assert.equal(pictureHeader(file), undefined);
  });
}
