/**
 * The program of the push servers: `deno run server.ts FOLDER PORTS`. In the folder it reads
 * `script.json` before each decision, and writes each request to `received.jsonl`.
 *
 * @module
 */

import { openSync, readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { Apple } from "./apple.ts";
import { PushBouncer } from "./bouncer.ts";
import { Fcm, Google, type IssuedTokens } from "./google.ts";
import { type Exchange, listenHttp1, listenHttp2 } from "./listen.ts";
import { type Answering, type Counts, decide } from "./request.ts";
import type { PushPorts, PushReceived, PushReply, PushScript, PushStep } from "./script.ts";

const [folder = "", portsText = ""] = process.argv.slice(2);
const ports = JSON.parse(portsText) as PushPorts;
const { apple, account, bouncer } = JSON.parse(readFileSync(`${folder}/keys.json`, "utf8"));
const received = openSync(`${folder}/received.jsonl`, "a");

let [scriptText, script] = ["", {} as PushScript];
const counts: Counts = new Map();

/** A new script starts its lists over. */
function currentScript(): PushScript {
  const text = readFileSync(`${folder}/script.json`, "utf8");
  if (text === scriptText) return script;
  counts.clear();
  [scriptText, script] = [text, JSON.parse(text).script];
  return script;
}

function handler(answering: Answering): (exchange: Exchange) => void {
  return (exchange) => {
    const { step, isDone } = decide(answering, exchange.request, currentScript(), counts);
    writeDown(answering, exchange, typeof step === "string" ? 0 : step.status, isDone);
    take(answering, exchange, step);
  };
}

function take(answering: Answering, exchange: Exchange, step: PushStep): void {
  if (typeof step === "object") {
    exchange.answer(step.status, step.headers ?? {}, text(answering, step));
  } else if (step === "cut" || step === "cut-after") exchange.cut();
  else if (step === "refuse") exchange.refuse();
  else if (step === "goaway") exchange.goAway();
}

function text(answering: Answering, reply: PushReply): string {
  if (typeof reply.body === "string") return reply.body;
  return JSON.stringify(reply.status === 200 ? reply.body ?? {} : answering.bodyOf(reply));
}

function writeDown(
  answering: Answering,
  exchange: Exchange,
  status: number,
  isDone: boolean,
): void {
  const { request, connection } = exchange;
  const record: PushReceived = {
    ...request,
    service: answering.service,
    what: answering.whatOf(request),
    ...{ status, isDone, connection },
  };
  writeSync(received, `${JSON.stringify(record)}\n`);
}

const issued: IssuedTokens = new Map();
const tls = {
  key: readFileSync(`${folder}/server-key.pem`),
  cert: readFileSync(`${folder}/server.pem`),
  ca: readFileSync(`${folder}/ca.pem`),
};
listenHttp2(tls, ports.apns, handler(new Apple(apple)));
listenHttp2(tls, ports.fcm, handler(new Fcm(account, issued)));
listenHttp1(tls, ports.google, handler(new Google(account, issued)));
listenHttp1(tls, ports.bouncer, handler(new PushBouncer(bouncer)));
