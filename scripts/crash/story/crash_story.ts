/**
 * One run: the story happens once undisturbed, and then again and again, while the process of its
 * queues is killed each time.
 *
 * @module
 */

import { sleep } from "../handler.ts";
import type { DatabaseName } from "../mail/report.ts";
import { Random } from "../random.ts";
import { nameOfBroker } from "../report.ts";
import { StoryDeployment, type StoryOptions } from "./deployment.ts";
import { evidenceOf } from "./evidence.ts";
import { factsOf, isShown, isWhole, repeatsOf } from "./facts.ts";
import { renewPresence } from "./organization.ts";
import type { StoryResult } from "./report.ts";
import { tell, type Told } from "./tell.ts";

/** How a run is made. */
export interface CrashStoryOptions extends StoryOptions {
  readonly kills: number;
  /** Decides when the process is killed. */
  readonly seed: number;
  /** Ends the kills early. */
  readonly stop?: AbortSignal | undefined;
}

const POLL_MS = 50;
/** How long nothing may happen, in ms. The outbox is published again after 10 s at first. */
const STALL_MS = 120_000;
/** How often in a row all must be done: RabbitMQ's counts are some seconds old. */
const LOOKS = { embedded: 3, rabbitmq: 20 };
/** The longest time from a line in the log to the kill, in ms. */
const AFTER_MS = 60;

/** Runs it once. */
export async function crashStory(options: CrashStoryOptions): Promise<StoryResult> {
  await using deployment = await StoryDeployment.open(options);
  const run = new Run(deployment, options);
  await run.undisturbed();
  while (!run.isOver) await run.disturbed();
  await deployment.stop();
  const evidence = await evidenceOf(deployment, run.told);
  const database: DatabaseName = options.postgres ? "postgres" : "sqlite";
  const logs = deployment.processes.logs();
  return {
    ...{ broker: nameOfBroker(options.server), database, seed: options.seed },
    kills: run.kills,
    stories: evidence.map((each) => ({ facts: factsOf(each), repeats: repeatsOf(each) })),
    points: run.points,
    explained: { mails: count(logs, "maybe sent"), pushes: count(logs, "maybe pushed to") },
    problems: [...deployment.problems, ...await deployment.failed(), ...run.problems],
  };
}

function count(logs: string, words: string): number {
  return logs.split("\n").filter((line) => line.includes(words)).length;
}

/** Tells stories, and kills. */
class Run {
  kills = 0;
  readonly told: Told[] = [];
  /** What was done when each kill came. */
  readonly points: string[] = [];
  readonly problems: string[] = [];
  readonly #deployment: StoryDeployment;
  readonly #options: CrashStoryOptions;
  readonly #random: Random;
  /** How much an undisturbed process logs for a story, in bytes. */
  #logged = 0;

  constructor(deployment: StoryDeployment, options: CrashStoryOptions) {
    this.#deployment = deployment;
    this.#options = options;
    this.#random = new Random(options.seed, "story");
  }

  get isOver(): boolean {
    const { kills, stop } = this.#options;
    return this.kills >= kills || stop?.aborted === true || this.problems.length > 0;
  }

  /** Tells the story without a kill. */
  async undisturbed(): Promise<void> {
    const before = this.#deployment.logSize;
    await this.#untilDone(await this.#tell());
    this.#logged = this.#deployment.logSize - before;
  }

  /** Tells it, and kills the process in the middle. */
  async disturbed(): Promise<void> {
    const killAt = this.#deployment.logSize + this.#random.between(0, this.#logged);
    const afterMs = this.#random.between(0, AFTER_MS);
    const told = await this.#tell();
    await this.#untilLogged(killAt, told);
    await sleep(afterMs);
    this.points.push(await this.#pointOf(told));
    this.kills++;
    await this.#deployment.workers.interrupt("SIGKILL");
    await this.#untilDone(told);
  }

  async #tell(): Promise<Told> {
    const { stage, db } = this.#deployment;
    await renewPresence(db, stage.organization);
    const told = await tell(stage, this.told.length);
    this.told.push(told);
    return told;
  }

  /** Resolves when the process has logged so much, or all is done. */
  async #untilLogged(size: number, told: Told): Promise<void> {
    let looks = 0;
    while (this.#deployment.logSize < size) {
      if (++looks % 50 === 0 && await this.#isDone(told)) return;
      await sleep(2);
    }
  }

  async #untilDone(told: Told): Promise<void> {
    const enough = this.#options.server ? LOOKS.rabbitmq : LOOKS.embedded;
    let [looks, last, changedAt] = [0, "", performance.now()];
    while (looks < enough) {
      looks = await this.#isDone(told) ? looks + 1 : 0;
      const now = await this.#pointOf(told) + this.#deployment.logSize;
      if (now !== last || looks > 0) [last, changedAt] = [now, performance.now()];
      if (performance.now() - changedAt > STALL_MS) {
        this.problems.push(`story ${told.number} did not end: ${now}`);
        return;
      }
      await sleep(POLL_MS);
    }
  }

  async #isDone(told: Told): Promise<boolean> {
    const [evidence] = await evidenceOf(this.#deployment, [told]);
    if (!evidence || !isWhole(evidence.rendered, told)) return false;
    const { mails, pushes } = factsOf(evidence);
    return mails?.length === 2 && pushes?.length === 2 &&
      Object.values(evidence.events).every((events) => isShown(events, evidence)) &&
      await this.#deployment.waiting() === 0;
  }

  async #pointOf(told: Told): Promise<string> {
    const [evidence] = await evidenceOf(this.#deployment, [told]);
    if (!evidence) return "";
    const { mails = [], pushes = [] } = factsOf(evidence);
    const { rendered } = evidence;
    const parts = [
      ...(rendered.includes("message_embed") ? ["preview"] : []),
      ...(rendered.includes(`/thumbnail/${told.path}/`) ? ["thumbnail"] : []),
      ...(pushes.length > 0 ? [`${pushes.length} pushes`] : []),
      ...(mails.length > 0 ? [`${mails.length} mails`] : []),
    ];
    return parts.length === 0 ? "nothing" : parts.join(", ");
  }
}
