/**
 * The formats of pictures that are decoded. A format is recognized by the first bytes of a file, and
 * no other decoder gets to see the file.
 *
 * @module
 */

/** A format that is decoded. */
export type PictureFormat = "avif" | "gif" | "heic" | "jpeg" | "png" | "tiff" | "webp";

/** Bytes, as characters of Latin-1, at their place. */
type Mark = readonly [at: number, bytes: string];

const MARKS: readonly (readonly [PictureFormat, readonly Mark[]])[] = [
  ["gif", [[0, "GIF87a"]]],
  ["gif", [[0, "GIF89a"]]],
  ["jpeg", [[0, "\xff\xd8\xff"]]],
  ["png", [[0, "\x89PNG\r\n\x1a\n"]]],
  ["tiff", [[0, "II*\0"]]],
  ["tiff", [[0, "MM\0*"]]],
  ["webp", [[0, "RIFF"], [8, "WEBP"]]],
];

/** The brands of ISO base media files that are pictures. */
const BRANDS: Readonly<Record<string, PictureFormat>> = {
  avif: "avif",
  avis: "avif",
  heic: "heic",
  heix: "heic",
  heim: "heic",
  heis: "heic",
  hevc: "heic",
  hevx: "heic",
};

/** Where the brands of such a file may be. */
const HEAD_BYTES = 64;

/** The format of a file; `undefined` where it is none of these. */
export function pictureFormat(bytes: Uint8Array): PictureFormat | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
  const found = MARKS.find(([, marks]) => marks.every(([at, mark]) => head.startsWith(mark, at)));
  return found?.[0] ?? brandOf(bytes, head);
}

/** The box `ftyp` has the main brand, a version, and compatible brands. */
function brandOf(bytes: Uint8Array, head: string): PictureFormat | undefined {
  if (!head.startsWith("ftyp", 4)) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const box = head.slice(8, size);
  const brands = [box.slice(0, 4), ...box.slice(8).match(/.{4}/gs) ?? []];
  return brands.map((brand) => BRANDS[brand]).find((format) => format !== undefined);
}

/** The types of pictures that browsers show. */
const SHOWN_TYPES: ReadonlySet<string> = new Set([
  "image/avif",
  "image/gif",
  "image/jpeg",
  "image/png",
  "image/webp",
]);

/**
 * Whether browsers show pictures of a type.
 *
 * @param contentType As of `zerver_imageattachment`; one that is not known is taken to be shown.
 */
export function isShownByBrowsers(contentType: string | null): boolean {
  return contentType === null || SHOWN_TYPES.has(contentType);
}
