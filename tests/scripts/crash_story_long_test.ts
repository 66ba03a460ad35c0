/**
 * A message with a mention of a group, a link and a picture reaches five users in the same way, though
 * the process of its queues is killed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { crashStory } from "../../scripts/crash/story/crash_story.ts";
import { isGoodStory, storyReport } from "../../scripts/crash/story/report.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const KILLS = 3;

Deno.test("a message comes to the same end each time that the process of its queues is killed", async () => {
  await withFolder(async (folder) => {
    const result = await crashStory({
      ...{ server: undefined, postgres: undefined, folder, kills: KILLS, seed: 7 },
    });
    assert.ok(isGoodStory(result), storyReport(result).join("\n"));
    assert.deepEqual([result.kills, result.stories.length], [KILLS, KILLS + 1]);
    const { facts } = result.stories[0] ?? {};
    assert.deepEqual(
      [facts?.["mails"], facts?.["pushes"]].map((lines) =>
        lines?.map((line) => /^to (.*?): /.exec(line)?.[1])
      ),
      [["idle@people.example", "pushed@people.example"], ["apns a1b2c3d4", "fcm story:Zx"]],
    );
    assert.deepEqual(
      ["online", "idle", "muting"].map((user) =>
        facts?.[`events of ${user}`]?.map((line) => /^(message \(.*?\)|shown)/.exec(line)?.[1])
      ),
      [
        ["message (mentioned)", "shown"],
        ["message (mentioned)", "shown"],
        ["message (read mentioned)", "shown"],
      ],
    );
    assert.deepEqual(facts?.["thumbnails"]?.length, 1);
  });
});
