import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { pictureHeader } from "../../../lib/domain/pictures/picture_header.ts";
import { MagickFormat } from "@imagemagick/magick-wasm";
import { heic, picture } from "../../fixtures/pictures/pictures.ts";
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

/** Numbers of 16 and 32 bits, the low byte first. */
const low16 = (...numbers: number[]) => numbers.flatMap((n) => [n & 255, n >> 8]);
const low32 = (...numbers: number[]) => numbers.flatMap((n) => low16(n & 0xffff, n >>> 16));

/** A page of a TIFF: its tags as triples of tag, type and value, and where the next page is. */
const page = (tags: readonly (readonly [number, number, number])[], next: number) =>
  bytes(
    low16(tags.length),
    ...tags.map(([tag, type, value]) => [...low16(tag, type), ...low32(1, value)]),
    low32(next),
  );
const SIDES = [[256, 3, 32], [257, 4, 16]] as const;
const tiff = (...pages: readonly Uint8Array[]) =>
  bytes("II*\0", low32(8), ...pages.map((p) => [...p]));

/** A box of an ISO base media file. */
const box = (type: string, ...parts: readonly (string | readonly number[] | Uint8Array)[]) => {
  const body = bytes(...parts.map((part) => part instanceof Uint8Array ? [...part] : part));
  return bytes([0, 0, (body.length + 8) >> 8, (body.length + 8) & 255], type, [...body]);
};
const big32 = (...numbers: number[]) =>
  numbers.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);
const ispe = (width: number, height: number) => box("ispe", big32(0, width, height));

/** A picture of tiles as phones make it: the primary picture is the second. */
function phonePicture(brand: string, properties: readonly Uint8Array[], used: readonly number[]) {
  const all = box("ipco", ispe(512, 512), ...properties);
  const uses = box("ipma", big32(0, 2), [0, 1, 1, 0x81], [0, 2, used.length, ...used]);
  const meta = box("meta", big32(0), box("pitm", big32(0), [0, 2]), box("iprp", all, uses));
  return bytes([...box("ftyp", brand, big32(0), "mif1")], [...box("free")], [...meta]);
}

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
  ["TIFF", tiff(page(SIDES, 0)), ["image/tiff", 32, 16, 1]],
  ["turned TIFF", tiff(page([...SIDES, [274, 3, 8]], 0)), ["image/tiff", 16, 32, 1]],
  ["TIFF of two pages", tiff(page(SIDES, 38), page(SIDES, 0)), ["image/tiff", 32, 16, 2]],
  ["TIFF by ImageMagick", picture(MagickFormat.Tiff, 60, 40), ["image/tiff", 60, 40, 1]],
  ["HEIC", heic(), ["image/heic", 64, 48, 1]],
  [
    "HEIC of tiles",
    phonePicture("heic", [ispe(4032, 3024)], [2]),
    ["image/heic", 4032, 3024, 1],
  ],
  [
    "turned HEIC",
    phonePicture("heic", [ispe(4032, 3024), box("irot", [3])], [2, 0x83]),
    ["image/heic", 3024, 4032, 1],
  ],
  ["AVIF", picture(MagickFormat.Avif, 60, 40), ["image/avif", 60, 40, 1]],
];

for (const [what, file, [contentType, width, height, frames]] of HEADERS) {
  Deno.test(`the header of a picture: ${what}`, () => {
    assert.deepEqual(pictureHeader(file), { contentType, width, height, frames });
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
  ["a TIFF without a height", tiff(page([[256, 3, 32]], 0))],
  ["a TIFF that leads nowhere", bytes("II*\0", low32(0xffffff))],
  ["a HEIC without a primary picture", bytes([...box("ftyp", "heic", big32(0))])],
  ["a HEIC whose picture has no size", phonePicture("heic", [], [9])],
  ["a HEIC that was cut", phonePicture("heic", [ispe(32, 16)], [2]).subarray(0, 60)],
  ["a HEIC of too many pixels", phonePicture("heic", [ispe(10_000, 9_001)], [2])],
  ["a HEIC whose box has the size 2", bytes([0, 0, 0, 20], "ftypheic", big32(0, 0, 2), "meta")],
];

for (const [what, file] of NONE) {
  Deno.test(`no picture to make thumbnails of: ${what}`, () => {
    assert.equal(pictureHeader(file), undefined);
  });
}
