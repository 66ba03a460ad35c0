/**
 * The processes of this host that run queues, asked through their control sockets.
 *
 * @module
 */

import { statSync } from "node:fs";
import { userInfo } from "node:os";
import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import type { ProcessSnapshot } from "../../monitoring/snapshot.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import { ask, type ControlAnswer, type ControlRequest } from "../../server/control_client.ts";
import { findSockets, type FoundSocket } from "../../server/control_folder.ts";

/** A process that has answered. */
export interface Answered<Answer> {
  readonly socket: FoundSocket;
  readonly answer: Answer;
}

/** A process that has not. */
export interface Unanswered {
  readonly socket: FoundSocket;
  /** Why, as the end of the sentence "it …". */
  readonly problem: string;
  /** How long ago its socket was made, in seconds; `undefined` where that is not known. */
  readonly ageSeconds: number | undefined;
}

/** The answer of a process, or why there is none. */
export type Asked<Answer> = Answered<Answer> | Unanswered;

/** Whether a process has answered. */
export function hasAnswered<Answer>(asked: Asked<Answer>): asked is Answered<Answer> {
  return "answer" in asked;
}

/** Asks processes. */
export class Processes {
  /** `STATE_DIR` */
  readonly stateDir: string;
  readonly #timeoutMs: number;

  /** @param timeoutSeconds How long each may take to answer. */
  constructor({ stateDir }: Pick<Config, "stateDir">, timeoutSeconds: number) {
    this.stateDir = stateDir;
    this.#timeoutMs = timeoutSeconds * 1000;
  }

  /** The sockets of processes that live. @param pid Only that of this process. */
  sockets(pid?: number): FoundSocket[] {
    return findSockets(this.stateDir).filter((socket) => pid === undefined || socket.pid === pid);
  }

  /** Asks a process. Never rejects. */
  async ask(socket: FoundSocket, request: ControlRequest): Promise<Asked<ControlAnswer>> {
    try {
      return { socket, answer: await ask(socket.path, request, this.#timeoutMs) };
    } catch (error) {
      return { socket, problem: errorData(error).message, ageSeconds: ageOf(socket) };
    }
  }

  /** The snapshots of all processes, which are asked at once. @param pid Only this process. */
  async snapshots(pid?: number): Promise<Asked<ProcessSnapshot>[]> {
    return await Promise.all(
      this.sockets(pid).map(async (socket) => {
        const asked = await this.ask(socket, { method: "GET", path: "/v1/snapshot" });
        if (!hasAnswered(asked)) return asked;
        return isSnapshot(asked.answer.body)
          ? { socket, answer: asked.answer.body }
          : { socket, problem: "it gave an answer of another version", ageSeconds: ageOf(socket) };
      }),
    );
  }

  /** What processes say of their queues, since their last looks at the broker. Never rejects. */
  async reports(sockets: readonly FoundSocket[]): Promise<QueueReport[]> {
    const all = await Promise.all(sockets.map(async (socket) => {
      const asked = await this.ask(socket, { method: "GET", path: "/v1/queues" });
      const { queues = [] } = hasAnswered(asked)
        ? asked.answer.body as { queues?: readonly QueueReport[] }
        : {};
      return queues;
    }));
    return all.flat();
  }

  /** The sentence that nobody answers. */
  noneText(pid?: number): string {
    const which = pid === undefined ? "no process runs queues" : `no process ${pid} runs queues`;
    return `${which} with STATE_DIR ${this.stateDir}: run this with the same settings and as the ` +
      "same user as the program";
  }
}

/** Who runs this command, for the log of the processes. */
export function whoAsks(): string {
  try {
    return Deno.env.get("SUDO_USER") || userInfo().username;
  } catch {
    return `the user with the id ${Deno.uid()}`;
  }
}

function isSnapshot(body: unknown): body is ProcessSnapshot {
  return typeof body === "object" && body !== null && "queues" in body &&
    Array.isArray(body.queues);
}

function ageOf({ path }: FoundSocket): number | undefined {
  try {
    return (Date.now() - statSync(path).mtimeMs) / 1000;
  } catch {
    return undefined;
  }
}
