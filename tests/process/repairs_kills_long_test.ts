import assert from "node:assert/strict";
import { openRabbitmq } from "../../lib/engine/broker/rabbitmq/rabbitmq.ts";
import { killRepairs } from "../../scripts/crash/repairs/kill.ts";
import { isGoodRepair, judgeRepairs, repairReport } from "../../scripts/crash/repairs/verdict.ts";
import { Random } from "../../scripts/crash/random.ts";
import { Program } from "../fixtures/process/program.ts";
import { programTest } from "../fixtures/process/program_fixture.ts";

programTest(
  "repairs that are killed at random lose nothing",
  async ({ url, queue, folder, env }) => {
    await using broker = await openRabbitmq({ url, publishTimeoutSeconds: 300 });
    await broker.declare(queue);
    await broker.declare(`${queue}.failed`);
    const evidence = await killRepairs({
      broker,
      queue,
      stateDir: `${folder}/state`,
      start: (args) => {
        const program = Program.start(args, { cwd: folder, env });
        return { kill: () => program.signal("SIGKILL"), ended: program.end(300) };
      },
      kills: 6,
      letters: 1500,
      random: new Random(7, "repairs"),
    });
    const verdict = judgeRepairs(evidence);
    assert(isGoodRepair(verdict), repairReport(verdict).join("\n"));
    assert(evidence.putBack.length > 0);
  },
);
