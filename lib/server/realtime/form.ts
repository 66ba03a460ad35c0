/**
 * The parameters of a request, of its address and its body.
 *
 * @module
 */

import { TOO_LATE, within } from "../../system/deadline.ts";
import { ApiError, badRequest, missing } from "./answers.ts";

/** The most bytes of a body. */
const MOST_BYTES = 1_000_000;
/** How long a body may take, in ms. */
const BODY_MS = 10_000;

/** Parameters by name. */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads the parameters: those of the address, and those of a body of a form, of either type.
 *
 * @throws {ApiError} When the body is too large, takes too long or is no form.
 */
export async function readForm(request: Request): Promise<Form> {
  const form = new Map(new URL(request.url).searchParams);
  if (request.body === null) return form;
  const body = await within(BODY_MS, bodyOf(request.body));
  if (body === TOO_LATE) throw new ApiError(408, "BAD_REQUEST", "The body took over 10 s");
  if (body.size === 0) return form;
  const headers = { "content-type": request.headers.get("content-type") ?? "" };
  const data = await new Response(body, { headers }).formData().catch(() => undefined);
  if (!data) throw badRequest("The body is no form: send it URL-encoded or as multipart/form-data");
  for (const [name, value] of data) {
    if (typeof value === "string") form.set(name, value);
  }
  return form;
}

async function bodyOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const part of stream) {
    bytes += part.length;
    if (bytes > MOST_BYTES) {
      throw new ApiError(413, "BAD_REQUEST", `The body has more than ${MOST_BYTES} bytes`);
    }
    parts.push(part);
  }
  return new Blob(parts);
}

/** A parameter that there has to be. @throws {ApiError} Otherwise. */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw missing(name);
  return value;
}

/** A whole number. @throws {ApiError} When it is something else. */
export function wholeNumber(form: Form, name: string): number | undefined {
  const value = form.get(name);
  if (value === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(value)) throw badRequest(`${name} is not an integer`);
  return Number(value);
}

/** Yes or no; no where it is missing. @throws {ApiError} When it is something else. */
export function flag(form: Form, name: string): boolean {
  const value = form.get(name) ?? "false";
  if (value !== "true" && value !== "false") throw badRequest(`${name} is not a boolean`);
  return value === "true";
}
