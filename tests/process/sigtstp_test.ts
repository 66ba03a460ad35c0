import assert from "node:assert/strict";
import { programTest } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

programTest("SIGTSTP stops taking events until SIGCONT", async (fixture) => {
  await fixture.worker();
  await fixture.publish([{ n: 0 }]);
  const program = fixture.consume();
  await fixture.untilWritten("done", 1);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await until("nobody consumes", async () => {
    return (await fixture.client.channel.checkQueue(fixture.queue)).consumerCount === 0;
  });
  await fixture.publish([{ n: 1 }]);
  assert.equal(await fixture.client.ready(fixture.queue), 1);
  program.signal("SIGCONT");
  await fixture.untilWritten("done", 2);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("SIGTSTP while the worker is set up holds from its first event on", async (fixture) => {
  const setup = `${fixture.folder}/set-up`;
  await fixture.worker({ setup });
  const program = fixture.consume();
  await program.untilLogged(/^Waiting for/);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  await fixture.write("set-up", "");
  // The program makes the queue when it starts to consume.
  await until("the queue is there", () => fixture.client.ready(fixture.queue).then((n) => n === 0));
  await fixture.publish([{}]);
  assert.equal((await fixture.client.channel.checkQueue(fixture.queue)).consumerCount, 0);
  program.signal("SIGCONT");
  await fixture.untilWritten("done", 1);
  assert.equal(program.log.at(-1)?.message, `Taking events from queue ${fixture.queue} again`);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("no event runs before the worker is set up, also after SIGCONT", async (fixture) => {
  await fixture.worker({ setup: `${fixture.folder}/set-up` });
  await fixture.publish([{}]);
  const program = fixture.consume();
  await program.untilLogged(/^Waiting for/);
  program.signal("SIGTSTP");
  await program.untilLogged(/^Taking no more events/);
  program.signal("SIGCONT");
  await program.untilLogged(/^Taking events from queue .* again$/);
  assert.equal((await fixture.client.channel.checkQueue(fixture.queue)).consumerCount, 0);
  await fixture.write("set-up", "");
  await fixture.untilWritten("done", 1);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});
