/**
 * Answers as Zulip's push bouncer gives them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Answering, bodyOf, objectOf, type PushRequest } from "./request.ts";
import type { PushReply, PushScript } from "./script.ts";

/** What the bouncer knows a server by. */
export interface BouncerKey {
  readonly orgId: string;
  readonly orgKey: string;
}

const API = "/api/v1/remotes/";
const REALM = { can_push: true, expected_end_timestamp: null };
const FIRST_DEVICE_ID = 1001;

/** The fields that each endpoint needs. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "push/notify": [
    ...["user_uuid", "user_id", "realm_uuid", "apns_payload", "gcm_payload", "gcm_options"],
    ...["android_devices", "apple_devices"],
  ],
  "push/e2ee/notify": ["realm_uuid", "push_requests"],
  "push/e2ee/register": ["realm_uuid", "encrypted_push_registration", "bouncer_public_key"],
  "push/unregister/all": ["user_uuid", "user_id", "realm_uuid"],
  "server/analytics": ["realms"],
  "server/analytics/status": [],
};

/** The push bouncer. */
export class PushBouncer implements Answering {
  readonly service = "bouncer";
  readonly #authorization: string;
  #nextDevice = FIRST_DEVICE_ID;

  constructor({ orgId, orgKey }: BouncerKey) {
    this.#authorization = `Basic ${Buffer.from(`${orgId}:${orgKey}`).toString("base64")}`;
  }

  whatOf({ path }: PushRequest): string {
    return path.replace(API, "");
  }

  refusal(request: PushRequest): PushReply | undefined {
    const fields = FIELDS[this.whatOf(request)];
    if (!request.path.startsWith(API) || !fields) return { status: 404, reason: "NOT_FOUND" };
    if (request.headers["authorization"] !== this.#authorization) {
      return { status: 401, reason: "INVALID_ZULIP_SERVER" };
    }
    const body = objectOf(bodyOf(request));
    const missing = fields.find((field) => !(field in body));
    if (missing === undefined) return undefined;
    return { status: 400, reason: "REQUEST_VARIABLE_MISSING", body: missingBody(missing) };
  }

  done(request: PushRequest, script: PushScript): PushReply {
    const body = objectOf(bodyOf(request));
    const answer = {
      result: "success",
      msg: "",
      ...this.#answerTo(this.whatOf(request), body, script),
    };
    return { status: 200, body: answer };
  }

  bodyOf({ reason, body }: PushReply): unknown {
    return body ?? { result: "error", msg: `The server of the tests says ${reason}`, code: reason };
  }

  #answerTo(endpoint: string, body: Record<string, unknown>, script: PushScript): object {
    if (endpoint === "push/notify") return notifyAnswer(body, script);
    if (endpoint === "push/e2ee/notify") return encryptedNotifyAnswer(body, script);
    if (endpoint === "push/e2ee/register") return { device_id: this.#nextDevice++ };
    if (endpoint === "server/analytics") return { realms: realmsAnswer(body, script) };
    return {};
  }
}

function missingBody(field: string): object {
  const code = "REQUEST_VARIABLE_MISSING";
  return { result: "error", msg: `Missing '${field}' argument`, code, var_name: field };
}

function notifyAnswer(
  body: Record<string, unknown>,
  { dead = [], realm = REALM }: PushScript,
): object {
  const [android, apple] = ["android_devices", "apple_devices"].map((name) =>
    body[name] as string[]
  );
  const deadOf = (tokens: string[] = []) => tokens.filter((token) => dead.includes(token));
  const sent = (tokens: string[] = []) => tokens.length - deadOf(tokens).length;
  return {
    total_android_devices: sent(android),
    total_apple_devices: sent(apple),
    deleted_devices: { android_devices: deadOf(android), apple_devices: deadOf(apple) },
    realm,
  };
}

function encryptedNotifyAnswer(
  body: Record<string, unknown>,
  { dead = [], realm = REALM }: PushScript,
): object {
  const requests = body["push_requests"] as Record<string, unknown>[];
  const idOf = (request: Record<string, unknown>) =>
    (request["device_id"] ?? request["token_id"]) as number;
  const alive = requests.filter((request) => !dead.includes(idOf(request)));
  return {
    android_successfully_sent_count: alive.filter((each) => "fcm_priority" in each).length,
    apple_successfully_sent_count: alive.filter((each) => "http_headers" in each).length,
    delete_device_ids: requests.map(idOf).filter((id) => dead.includes(id)),
    realm_push_status: realm,
  };
}

function realmsAnswer(body: Record<string, unknown>, { realm = REALM }: PushScript): object {
  const realms = JSON.parse(String(body["realms"])) as { uuid: string }[];
  return Object.fromEntries(realms.map(({ uuid }) => [uuid, realm]));
}
