/**
 * Answers as Apple documents those of APNs.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from "node:crypto";
import { type Answering, bodyOf, objectOf, type PushRequest } from "./request.ts";
import type { PushReply, PushScript } from "./script.ts";
import { type Jwt, readJwt } from "./jwt.ts";

/** What Apple knows the server by that pushes. */
export interface AppleKey {
  /** PEM. */
  readonly privateKey: string;
  readonly keyId: string;
  readonly teamId: string;
}

const PUSH_TYPES = new Set(["alert", "background"]);
const HOUR = 3600;
const MOST_BYTES = 4096;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** APNs. Requests on connections with a certificate of the client need no token. */
export class Apple implements Answering {
  readonly service = "apns";
  readonly #key: AppleKey;
  readonly #publicKey: KeyObject;
  /** Tokens that were read. */
  readonly #known = new Map<string, Jwt | undefined>();

  constructor(key: AppleKey) {
    this.#key = key;
    this.#publicKey = createPublicKey(key.privateKey);
  }

  whatOf({ path }: PushRequest): string {
    return decodeURIComponent(path.replace("/3/device/", ""));
  }

  refusal(request: PushRequest, script: PushScript): PushReply | undefined {
    if (request.method !== "POST") return { status: 405, reason: "MethodNotAllowed" };
    if (!request.path.startsWith("/3/device/")) return { status: 404, reason: "BadPath" };
    return this.#ofToken(request, script) ?? ofHeaders(request) ?? ofPayload(request);
  }

  done({ headers }: PushRequest): PushReply {
    const id = headers["apns-id"] ?? crypto.randomUUID();
    return { status: 200, headers: { "apns-id": id }, body: "" };
  }

  bodyOf({ status, reason }: PushReply): unknown {
    return { reason, ...(status === 410 && { timestamp: Date.now() }) };
  }

  #ofToken(
    { headers, at }: PushRequest,
    { apnsTokensFrom = 0 }: PushScript,
  ): PushReply | undefined {
    if (headers["x-client-certificate"] === "yes") return undefined;
    const token = /^bearer (.+)$/i.exec(headers["authorization"] ?? "")?.[1];
    if (token === undefined) return { status: 403, reason: "MissingProviderToken" };
    const jwt = this.#read(token);
    if (!jwt || !this.#isOurs(jwt)) return { status: 403, reason: "InvalidProviderToken" };
    const madeAt = Number(jwt.claims["iat"]);
    const isExpired = madeAt < at / 1000 - HOUR || madeAt < apnsTokensFrom;
    return isExpired ? { status: 403, reason: "ExpiredProviderToken" } : undefined;
  }

  #read(token: string): Jwt | undefined {
    if (!this.#known.has(token)) this.#known.set(token, readJwt(token, this.#publicKey, "ES256"));
    return this.#known.get(token);
  }

  #isOurs({ header, claims }: Jwt): boolean {
    return header["kid"] === this.#key.keyId && claims["iss"] === this.#key.teamId;
  }
}

function ofHeaders({ headers, path }: PushRequest): PushReply | undefined {
  const wrong = (reason: string) => ({ status: 400, reason });
  if (!headers["apns-topic"]) return wrong("MissingTopic");
  if (!PUSH_TYPES.has(headers["apns-push-type"] ?? "")) return wrong("InvalidPushType");
  if (!["5", "10"].includes(headers["apns-priority"] ?? "10")) return wrong("BadPriority");
  if (!/^\d+$/.test(headers["apns-expiration"] ?? "0")) return wrong("BadExpirationDate");
  if (!UUID.test(headers["apns-id"] ?? crypto.randomUUID())) return wrong("BadMessageId");
  if ((headers["apns-collapse-id"] ?? "").length > 64) return wrong("BadCollapseId");
  return /^\/3\/device\/([0-9a-f]{2}){4,}$/i.test(path) ? undefined : wrong("BadDeviceToken");
}

function ofPayload(request: PushRequest): PushReply | undefined {
  if (new TextEncoder().encode(request.text).length > MOST_BYTES) {
    return { status: 413, reason: "PayloadTooLarge" };
  }
  const isEmpty = !("aps" in objectOf(bodyOf(request)));
  return isEmpty ? { status: 400, reason: "PayloadEmpty" } : undefined;
}
