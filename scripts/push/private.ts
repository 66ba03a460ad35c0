/**
 * Private servers that answer as Apple's, Google's and the push bouncer do, in a process of their
 * own. They can be scripted, killed, frozen and restarted on the same ports.
 *
 * @module
 */

import { generateKeyPairSync } from "node:crypto";
import { freePort } from "../private_server.ts";
import { makeCertificates } from "../rabbitmq/certificates.ts";
import { ScriptedServer } from "../scripted_server.ts";
import type { AppleKey } from "./apple.ts";
import type { BouncerKey } from "./bouncer.ts";
import type { ServiceAccountFile } from "./google.ts";
import type { PushPorts, PushReceived, PushScript, PushService } from "./script.ts";

export type { PushPorts, PushReceived, PushScript, PushService };

/** What the servers know this server by. */
export interface PushKeys {
  readonly apple: AppleKey;
  readonly account: ServiceAccountFile;
  readonly bouncer: BouncerKey;
}

/** Servers that run in one process. Disposing them kills them and removes their files. */
export class PrivatePush extends ScriptedServer<PushPorts> {
  /** What they know this server by. */
  readonly keys: PushKeys;
  #scripts = 0;

  /** Use {@linkcode PrivatePush.start}. */
  constructor(folder: string, ports: PushPorts, keys: PushKeys) {
    super({ name: "push server", program: `${import.meta.dirname}/server.ts`, folder }, ports);
    this.keys = keys;
  }

  /** Starts them on free ports. */
  static async start<Server extends PrivatePush>(
    this: new (folder: string, ports: PushPorts, keys: PushKeys) => Server,
  ): Promise<Server> {
    const folder = await Deno.makeTempDir({ prefix: "process-queue-push-" });
    await makeCertificates(folder, Deno.env.toObject());
    const ports = { apns: freePort(), fcm: freePort(), google: freePort(), bouncer: freePort() };
    const keys = makeKeys(ports);
    writeKeys(folder, keys);
    const server = new this(folder, ports, keys);
    server.forget();
    await server.start();
    return server;
  }

  /** The settings with which the program sends to them directly, and trusts them. */
  get direct(): Record<string, string> {
    return {
      APNS_URL: this.url("apns"),
      APNS_TOKEN_KEY_FILE: `${this.folder}/apns-key.p8`,
      APNS_TOKEN_KEY_ID: this.keys.apple.keyId,
      APNS_TEAM_ID: this.keys.apple.teamId,
      FCM_URL: this.url("fcm"),
      ANDROID_FCM_CREDENTIALS_PATH: `${this.folder}/service-account.json`,
      PUSH_CA_FILE: this.caFile,
    };
  }

  /** The settings with which the program sends to the bouncer, and trusts it. */
  get throughBouncer(): Record<string, string> {
    return {
      ZULIP_SERVICE_PUSH_NOTIFICATIONS: "true",
      ZULIP_SERVICES_URL: this.url("bouncer"),
      ZULIP_ORG_ID: this.keys.bouncer.orgId,
      ZULIP_ORG_KEY: this.keys.bouncer.orgKey,
      PUSH_CA_FILE: this.caFile,
    };
  }

  /** A certificate of a client, and its key, as PEM in one file. */
  get clientFile(): string {
    return `${this.folder}/client-both.pem`;
  }

  /** The address of one of them. */
  url(service: PushService): string {
    return `https://127.0.0.1:${this.ports[service]}`;
  }

  /** Tells them how to answer from now on, on connections that are open too. */
  script(script: PushScript): void {
    this.writeScript({ number: ++this.#scripts, script });
  }

  /** All requests since {@linkcode forget}, the oldest first. */
  requests(service: PushService): PushReceived[] {
    const lines = Deno.readTextFileSync(`${this.folder}/received.jsonl`).split("\n");
    const all = lines.slice(0, -1).map((line): PushReceived => JSON.parse(line));
    return all.filter((each) => each.service === service);
  }

  /** The same without those that only ask whether the server is there. */
  received(service: PushService): PushReceived[] {
    return this.requests(service).filter(({ method }) => method !== "GET");
  }

  /** Answers as usual again, and forgets what they have got. */
  forget(): void {
    this.script({});
    Deno.writeTextFileSync(`${this.folder}/received.jsonl`, "");
  }
}

function makeKeys(ports: PushPorts): PushKeys {
  const pem = { type: "pkcs8", format: "pem" } as const;
  const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    apple: {
      privateKey: ec.privateKey.export(pem).toString(),
      keyId: "KEY0123456",
      teamId: "TEAM012345",
    },
    account: {
      project_id: "zulip-test",
      client_email: "push@zulip-test.iam.gserviceaccount.com",
      private_key: rsa.privateKey.export(pem).toString(),
      private_key_id: "0123456789abcdef",
      token_uri: `https://127.0.0.1:${ports.google}/token`,
    },
    bouncer: { orgId: crypto.randomUUID(), orgKey: crypto.randomUUID().replaceAll("-", "") },
  };
}

function writeKeys(folder: string, keys: PushKeys): void {
  const write = (name: string, text: string) => Deno.writeTextFileSync(`${folder}/${name}`, text);
  const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}.pem`);
  write("keys.json", JSON.stringify(keys));
  write("apns-key.p8", keys.apple.privateKey);
  write("service-account.json", JSON.stringify({ type: "service_account", ...keys.account }));
  write("client-both.pem", read("client") + read("client-key"));
}
