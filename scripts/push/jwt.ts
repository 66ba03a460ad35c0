/**
 * Reading of signed tokens, as Apple's and Google's servers do it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type KeyObject, verify } from "node:crypto";
import { objectOf } from "./request.ts";

/** A token whose signature is right. */
export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** @returns `undefined` where it is no token, or was signed by another key. */
export function readJwt(
  token: string,
  key: KeyObject,
  algorithm: "ES256" | "RS256",
): Jwt | undefined {
  const [header = "", claims = "", signature = "", ...more] = token.split(".");
  if (more.length > 0) return undefined;
  try {
    const jwt = { header: partOf(header), claims: partOf(claims) };
    const signed = Buffer.from(`${header}.${claims}`);
    const options = algorithm === "ES256" ? { key, dsaEncoding: "ieee-p1363" as const } : key;
    const isRight = verify("sha256", signed, options, Buffer.from(signature, "base64url"));
    return isRight && jwt.header["alg"] === algorithm ? jwt : undefined;
  } catch {
    return undefined;
  }
}

function partOf(text: string): Record<string, unknown> {
  return objectOf(JSON.parse(Buffer.from(text, "base64url").toString()));
}
