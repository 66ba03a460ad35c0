/**
 * Pushes that only the device can read: libsodium's secret boxes (XSalsa20-Poly1305).
 *
 * @module
 */

import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";

/** The first byte of a key, which says how it is used: for a secret box. */
const SECRET_BOX = 0x31;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/** The key of a device cannot be used. The message does not contain it. */
export class PushKeyError extends Error {
  /** Always `PushKeyError`. */
  override readonly name = "PushKeyError";
}

/**
 * Encrypts a text for a device, another way each time.
 *
 * @param key The device's key as the database has it: 0x31, then 32 bytes.
 * @returns Base64 of the nonce and the box, as the apps expect it.
 * @throws {PushKeyError} When it is no such key.
 */
export function encryptForDevice(key: Uint8Array, text: string): string {
  if (key.length !== KEY_BYTES + 1) {
    throw new PushKeyError(
      `the device's push key has ${key.length} bytes, not ${KEY_BYTES + 1}: ` +
        "the device must register again",
    );
  }
  if (key[0] !== SECRET_BOX) {
    throw new PushKeyError(
      `the device's push key begins with ${key[0]}, not ${SECRET_BOX}: it is for an encryption ` +
        "that this program does not know; the device must register again",
    );
  }
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, secretBox(key.subarray(1), nonce, new TextEncoder().encode(text))])
    .toString("base64");
}

/**
 * NaCl's secret box: the authenticator of 16 bytes, then the encrypted text.
 *
 * @param key 32 bytes. @param nonce 24 bytes, never the same twice with a key.
 */
export function secretBox(key: Uint8Array, nonce: Uint8Array, text: Uint8Array): Uint8Array {
  return xsalsa20poly1305(key, nonce).encrypt(text);
}
