/**
 * Answers as Google documents those of FCM and of the service that issues its tokens.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from "node:crypto";
import { readJwt } from "./jwt.ts";
import { type Answering, bodyOf, objectOf, type PushRequest } from "./request.ts";
import type { PushReply, PushScript } from "./script.ts";

/** The file of a service account, as far as it matters. */
export interface ServiceAccountFile {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id: string;
  readonly token_uri: string;
}

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const HOUR = 3600;
const FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError";

/** Google's status for an HTTP status. */
const STATUSES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

/** The tokens that were issued, with the ms since 1970 at which each ends. */
export type IssuedTokens = Map<string, number>;

/** What issues tokens for a service account. */
export class Google implements Answering {
  readonly service = "google";
  readonly #account: ServiceAccountFile;
  readonly #publicKey: KeyObject;
  readonly #issued: IssuedTokens;

  constructor(account: ServiceAccountFile, issued: IssuedTokens) {
    this.#account = account;
    this.#publicKey = createPublicKey(account.private_key);
    this.#issued = issued;
  }

  whatOf({ path }: PushRequest): string {
    return path;
  }

  refusal(request: PushRequest): PushReply | undefined {
    if (request.method !== "POST" || request.path !== "/token") return { status: 404 };
    const { grant_type, assertion } = objectOf(bodyOf(request));
    if (grant_type !== GRANT) return { status: 400, reason: "unsupported_grant_type" };
    const jwt = readJwt(String(assertion), this.#publicKey, "RS256");
    const { iss, aud, scope, iat, exp } = jwt?.claims ?? {};
    const { client_email, token_uri } = this.#account;
    const [from, to, now] = [Number(iat), Number(exp), request.at / 1000];
    const isTimely = from <= now + 60 && now < to && to - from <= HOUR;
    const isRight = iss === client_email && aud === token_uri && scope === SCOPE && isTimely;
    return isRight ? undefined : { status: 400, reason: "invalid_grant" };
  }

  done({ at }: PushRequest, { googleTokenSeconds = HOUR }: PushScript): PushReply {
    const token = `ya29.${crypto.randomUUID()}`;
    this.#issued.set(token, at + googleTokenSeconds * 1000);
    const body = { access_token: token, expires_in: googleTokenSeconds, token_type: "Bearer" };
    return { status: 200, body };
  }

  bodyOf({ reason }: PushReply): unknown {
    return { error: reason, error_description: "The server of the tests refuses it" };
  }
}

/** FCM, HTTP v1 API. */
export class Fcm implements Answering {
  readonly service = "fcm";
  readonly #project: string;
  readonly #issued: IssuedTokens;

  constructor({ project_id }: ServiceAccountFile, issued: IssuedTokens) {
    this.#project = project_id;
    this.#issued = issued;
  }

  whatOf(request: PushRequest): string {
    return String(messageOf(request)["token"]);
  }

  refusal(request: PushRequest): PushReply | undefined {
    const [, project] = /^\/v1\/projects\/([^/]+)\/messages:send$/.exec(request.path) ?? [];
    if (request.method !== "POST" || project === undefined) return { status: 404 };
    const token = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
    if (!((this.#issued.get(token) ?? 0) > request.at)) return { status: 401 };
    if (project !== this.#project) return { status: 403 };
    return ofMessage(messageOf(request));
  }

  done(): PushReply {
    const name = `projects/${this.#project}/messages/${crypto.randomUUID()}`;
    return { status: 200, body: { name } };
  }

  bodyOf({ status, reason, body }: PushReply): unknown {
    if (body !== undefined) return body;
    const details = reason === undefined ? [] : [{ "@type": FCM_ERROR, errorCode: reason }];
    const message = "The server of the tests refuses it";
    return { error: { code: status, message, status: STATUSES[status], details } };
  }
}

function messageOf(request: PushRequest): Record<string, unknown> {
  return objectOf(objectOf(bodyOf(request))["message"]);
}

/** Everything in `data` must be a text. */
function ofMessage(message: Record<string, unknown>): PushReply | undefined {
  const wrong = Object.entries(objectOf(message["data"])).find(([, value]) =>
    typeof value !== "string"
  );
  if (typeof message["token"] === "string" && !wrong) return undefined;
  const field = wrong ? `message.data.${wrong[0]}` : "message.token";
  const description = `Invalid value at '${field}'`;
  const violations = {
    "@type": "type.googleapis.com/google.rpc.BadRequest",
    fieldViolations: [{ field, description }],
  };
  const error = {
    code: 400,
    message: description,
    status: "INVALID_ARGUMENT",
    details: [violations],
  };
  return { status: 400, body: { error } };
}
