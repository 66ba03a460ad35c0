/**
 * Checksums of stored events. SQLite notices damage in the structure of a file, but not in what an
 * event says.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { DamageError } from "./errors.ts";

/** What is stored of an event, with its checksums; those that older layouts lack are null. */
export interface Checked {
  readonly id: number;
  readonly properties: string | null;
  readonly body: Uint8Array;
  readonly propertiesCrc: number | null;
  readonly bodyCrc: number | null;
}

/** The checksum of a part of an event. */
export function checksum(part: string | Uint8Array | null): number {
  return crc32(part ?? "");
}

/** Whether an event is as it was stored, as far as there are checksums. */
export function isIntact({ properties, body, propertiesCrc, bodyCrc }: Checked): boolean {
  return (propertiesCrc === null || propertiesCrc === checksum(properties)) &&
    (bodyCrc === null || bodyCrc === checksum(body));
}

/** Checks events. @returns The same events. @throws {DamageError} For the first that is damaged. */
export function intact<Row extends Checked>(rows: readonly Row[]): readonly Row[] {
  const damaged = rows.find((row) => !isIntact(row));
  if (damaged) throw new DamageError(`event ${damaged.id} is not as it was stored`);
  return rows;
}
