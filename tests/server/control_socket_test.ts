import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { ask, NoAnswerError, successOf } from "../../lib/server/control_client.ts";
import { controlFolder, findSockets, removeStale } from "../../lib/server/control_folder.ts";
import { ControlSocket } from "../../lib/server/control_socket.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { FakeControl, routerOf } from "../fixtures/server/fake_control.ts";

const MS = 60_000;

/** Opens a socket in a folder of its own. */
async function socketTest(
  test: (socket: ControlSocket, control: FakeControl, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const control = new FakeControl();
    await using socket = ControlSocket.open(folder, routerOf(control));
    await test(socket, control, folder);
  });
}

function modeOf(path: string): string {
  return ((Deno.lstatSync(path).mode ?? 0) & 0o777).toString(8);
}

Deno.test("whoever may open the socket may do everything, under the name that is given", async () => {
  await socketTest(async ({ path }, control) => {
    const snapshot = await ask(path, { method: "GET", path: "/v1/snapshot" }, MS);
    assert.match(JSON.stringify(snapshot.body), /ada is unknown/);
    const body = { by: "ada", reason: "why" };
    const request = { method: "POST", path: "/v1/queues/mails/pause", body } as const;
    assert.deepEqual(successOf(await ask(path, request, MS)), {
      queue: "mails",
      state: "paused",
      consumers_elsewhere: 0,
    });
    assert.deepEqual(control.asked, [["pause", "mails", {
      by: "ada",
      reason: "why",
      seconds: undefined,
    }]]);
    const wrong = await ask(path, { ...request, path: "/v1/queues/other/pause" }, MS);
    assert.throws(() => successOf(wrong), { message: "no other" });
  });
});

Deno.test("only the owner gets into the folder and to the socket", async () => {
  await socketTest(({ path }, _control, folder) => {
    assert.equal(modeOf(controlFolder(folder)), "700");
    assert.equal(modeOf(path), "600");
    assert.match(path, new RegExp(`/${Deno.pid}-[0-9a-f]{4}\\.sock$`));
    return Promise.resolve();
  });
});

Deno.test({
  name: "another user is refused at the socket",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await socketTest(async ({ path }, control, folder) => {
      Deno.chmodSync(folder, 0o755);
      const script =
        "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ntry:\n s.connect(sys.argv[1])\n" +
        "except PermissionError: print('refused')";
      const args = ["-c", script, path];
      const { stdout } = await new Deno.Command("/usr/bin/python3", {
        args,
        uid: 65534,
        gid: 65534,
      })
        .output();
      assert.equal(new TextDecoder().decode(stdout), "refused\n");
      assert.equal(control.snapshots, 0);
    });
  },
});

Deno.test("a request for another name than localhost is refused at the socket", async () => {
  await socketTest(async ({ path }, control) => {
    const client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const response = await fetch("http://10.1.2.3/v1/snapshot", { client });
    assert.equal(response.status, 421);
    await response.body?.cancel();
    client.close();
    assert.equal(control.snapshots, 0);
  });
});

Deno.test("a socket is gone when it is closed", async () => {
  await withFolder(async (folder) => {
    const socket = ControlSocket.open(folder, routerOf(new FakeControl()));
    assert.deepEqual(findSockets(folder), [{ path: socket.path, pid: Deno.pid }]);
    await socket[Symbol.asyncDispose]();
    assert.deepEqual([...Deno.readDirSync(controlFolder(folder))], []);
    await assert.rejects(ask(socket.path, { method: "GET", path: "/livez" }, MS), {
      name: "NoAnswerError",
      message: "it has ended",
    });
  });
});

Deno.test("what a process left behind that was killed is removed, and nothing else", async () => {
  await socketTest(({ path }, _control, folder) => {
    const left = `${controlFolder(folder)}/4711-abcd`;
    for (const ending of ["sock", "lock"]) writeFileSync(`${left}.${ending}`, "");
    writeFileSync(`${controlFolder(folder)}/4712-abcd.sock`, "");
    writeFileSync(`${controlFolder(folder)}/notes.txt`, "");
    removeStale(controlFolder(folder));
    const names = [...Deno.readDirSync(controlFolder(folder))].map(({ name }) => name).sort();
    const own = path.split("/").at(-1)?.replace(".sock", "");
    assert.deepEqual(names, [`${own}.lock`, `${own}.sock`, "notes.txt"].sort());
    return Promise.resolve();
  });
});

Deno.test("a folder that is none, is another user's, or makes the path too long is refused", async () => {
  await withFolder((folder) => {
    const open = (stateDir: string) => () =>
      ControlSocket.open(stateDir, routerOf(new FakeControl()));
    const long = `${folder}/${"x".repeat(100)}`;
    assert.throws(
      open(long),
      /^ControlFolderError: its path has \d+ bytes and may have 100: set STATE_DIR to a shorter one$/,
    );
    assert.deepEqual([...Deno.readDirSync(controlFolder(long))], []);
    mkdirSync(`${folder}/link`);
    Deno.symlinkSync(folder, `${folder}/link/control`);
    assert.throws(open(`${folder}/link`), /link\/control is not a folder: remove it$/);
    if (Deno.uid() === 0) {
      mkdirSync(`${folder}/other/control`, { recursive: true });
      Deno.chownSync(`${folder}/other/control`, 65534, 65534);
      assert.throws(
        open(`${folder}/other`),
        /belongs to the user with the id 65534: change its owner by chown$/,
      );
    }
    return Promise.resolve();
  });
});

Deno.test("a process that does not answer in time is no answer", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/silent.sock`;
    const listener = Deno.listen({ transport: "unix", path });
    const connected = listener.accept();
    const asked = ask(path, { method: "GET", path: "/livez" }, 1);
    await assert.rejects(asked, new NoAnswerError("it did not answer in time"));
    listener.close();
    (await connected.catch(() => undefined))?.close();
  });
});
