import { privateRabbitmqTest } from "/work/main/tests/servers.ts";
import { Load } from "/work/main/tests/fixtures/rabbitmq/load.ts";
privateRabbitmqTest("kill", {}, async (node) => {
  for (let i = 0; i < 5; i++) {
    await using load = await Load.start(node.url, { queueType: "quorum" });
    await using load2 = await Load.start(node.url, { queueType: "classic" });
    await node.kill(); await node.start();
    const back = performance.now();
    console.log(await load.untilConsumedAfter(back, 10), await load2.untilConsumedAfter(back, 10));
    try { await load.assertNothingLost(4); await load2.assertNothingLost(4); } catch (e) {
      console.log(await node.ctl("eval", "[{P, process_info(P, [current_stacktrace, message_queue_len])} || P <- rabbit_channel:list()]."));
      console.log(await node.ctl("eval", "[{N, process_info(whereis(N), [current_stacktrace, message_queue_len]), (catch ra:members({N,node()}, 1000)), (catch ets:lookup(ra_state, N))} || N <- registered(), string:find(atom_to_list(N), \"retry\") =/= nomatch]."));
      console.log((await Deno.readTextFile(node.folder + "/log/node.log")).split("\n").filter(l=>/retry|dlx|enqueuer|\[error\]|\[warning\]/.test(l)).slice(-40).join("\n"));
      for (let s = 0; s < 100; s++) { await new Promise(r => setTimeout(r, 1000)); const n = (await load.engine).notices.concat((await load2.engine).notices); const m=[...load2.confirmed].filter((x) => !load2.ledger.has(x)).length; const m1=[...load.confirmed].filter((x) => !load.ledger.has(x)).length; if (n.length || m + m1 === 0) { console.log(s, m, m1, n); break; } }
      throw new Error("x"); }
  }
});
