/**
 * The report of a run with stories.
 *
 * @module
 */

import type { DatabaseName } from "../mail/report.ts";
import { type BrokerName, row } from "../report.ts";
import { differences, type Facts, type Repeats } from "./facts.ts";

/** A story that was told. */
export interface StoryEnd {
  readonly facts: Facts;
  readonly repeats: Repeats;
}

/** The result of a run. */
export interface StoryResult {
  readonly broker: BrokerName;
  readonly database: DatabaseName;
  readonly seed: number;
  readonly kills: number;
  /** The first was undisturbed. */
  readonly stories: readonly StoryEnd[];
  /** What was done when each kill came. */
  readonly points: readonly string[];
  /** How often a log says that something is sent again, as nobody knows whether it was sent. */
  readonly explained: { readonly mails: number; readonly pushes: number };
  /** Descriptions of what went wrong, besides the stories. */
  readonly problems: readonly string[];
}

/** Whether all stories ended in the same way, and nothing came twice that no log explains. */
export function isGoodStory(result: StoryResult): boolean {
  return wrong(result).length === 0;
}

/** The lines of the report. */
export function storyReport(result: StoryResult): string[] {
  const { stories, kills, points, explained } = result;
  const again = sumOf(stories);
  const found = wrong(result);
  return [
    row("stories", stories.length),
    row("SIGKILL", kills),
    row("mails again", again.mails, `${explained.mails} by a log`),
    row("pushes again", again.pushes, `${explained.pushes} by a log`),
    row("updates again", again.updates, "to clients, of a message that they show so already"),
    "",
    "what was done at each kill:",
    ...Array.from(Map.groupBy(points, (point) => point))
      .map(([point, all]) => `  ${String(all.length).padStart(3)}  ${point}`),
    "",
    ...found,
    `${found.length === 0 ? "passed" : "FAILED"}; to repeat this run: ${command(result)}`,
  ];
}

function wrong({ stories, problems, explained }: StoryResult): string[] {
  const [first, ...others] = stories;
  const again = sumOf(stories);
  return [
    ...others.flatMap(({ facts }, at) =>
      differences(first?.facts ?? {}, facts).map((line) => `story ${at + 1}: ${line}`)
    ),
    ...(again.mails > explained.mails ? ["a mail came twice, and no log says so"] : []),
    ...(again.pushes > explained.pushes ? ["a push came twice, and no log says so"] : []),
    ...problems.map((problem) => `PROBLEM: ${problem}`),
  ];
}

function sumOf(stories: readonly StoryEnd[]): Repeats {
  const sum = (part: keyof Repeats) => stories.reduce((sum, { repeats }) => sum + repeats[part], 0);
  return { mails: sum("mails"), pushes: sum("pushes"), updates: sum("updates") };
}

function command({ broker, database, kills, seed }: StoryResult): string {
  const options = `--story --broker ${broker} --database ${database}`;
  return `deno task crash ${options} --kills ${kills} --seed ${seed}`;
}
