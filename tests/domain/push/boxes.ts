/**
 * What a device does with an encrypted push.
 *
 * @module
 */

import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";

const NONCE_BYTES = 24;

/** Opens a box. @param key The device's, 0x31 and 32 bytes. @param box The nonce and what follows. */
export function openBox(key: Uint8Array, box: Uint8Array): string {
  const cipher = xsalsa20poly1305(key.subarray(1), box.subarray(0, NONCE_BYTES));
  return new TextDecoder().decode(cipher.decrypt(box.subarray(NONCE_BYTES)));
}
