/**
 * The files of the pictures in a seed's messages, of which the worker `thumbnail` makes thumbnails.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import type { SeedRows } from "./rows.ts";

/** The size of each picture, in pixels. */
export const PICTURE = { width: 1280, height: 800 } as const;
/** How high a stripe of a picture is, in pixels. */
const STRIPE = 40;

/** The folder of uploads of a seed. @param stateDir `STATE_DIR`. */
export function seedUploads(stateDir: string): string {
  return join(stateDir, "uploads");
}

/** Writes the files of all pictures. @param folder `LOCAL_UPLOADS_DIR`. */
export function writePictures(folder: string, rows: SeedRows): void {
  const picture = striped(PICTURE.width, PICTURE.height);
  for (const { path_id } of rows.of("zerver_imageattachment")) {
    const file = join(folder, "files", String(path_id));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, picture);
  }
}

/** A picture of black and white stripes. */
function striped(width: number, height: number): Buffer {
  const bytes = 1 + width / 8;
  const rows = Buffer.alloc(bytes * height);
  for (let row = 0; row < height; row++) {
    const color = Math.floor(row / STRIPE) % 2 === 0 ? 0 : 0xff;
    rows.fill(color, row * bytes + 1, (row + 1) * bytes);
  }
  return pngFile(width, height, deflateSync(rows));
}

/**
 * A PNG whose pixels are black or white.
 *
 * @param pixels Its rows, each with a byte 0 before its pixels of a bit; compressed by zlib.
 */
export function pngFile(width: number, height: number, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(1, 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name), data]);
  return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
