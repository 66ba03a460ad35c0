import assert from "node:assert/strict";
import { loadConfig } from "../../../lib/config/config.ts";
import type { PictureOrder, PictureResult } from "../../../lib/domain/pictures/order.ts";
import {
  PICTURE_THREAD,
  PICTURE_THREAD_HEAP_MB,
  type PictureThread,
  Thumbnailer,
  type ThumbnailerOptions,
} from "../../../lib/domain/pictures/thumbnailer.ts";
import { formsOf } from "../../../lib/domain/pictures/thumbnails.ts";
import { InnerThreads } from "../../../lib/engine/thread/inner_threads.ts";
import { blackPng } from "../../fixtures/pictures/pictures.ts";
import { until } from "../../fixtures/until.ts";

const FORMS = formsOf({ contentType: "image/png", width: 2, height: 1, frames: 1 });

function order(bytes = new Uint8Array(1)): PictureOrder {
  return { bytes, frames: 1, forms: FORMS };
}

Deno.test("a decode that hangs is ended with its thread, and the next one has another", async () => {
  const config = { ...loadConfig({}), abortGraceSeconds: 0 };
  const threads = new InnerThreads({ queue: "q", workerNum: 0, config });
  let started = 0;
  await using thumbnailer = new Thumbnailer(() => {
    started++;
    return threads.start(PICTURE_THREAD, { maxHeapMb: PICTURE_THREAD_HEAP_MB });
  });
  const stop = new AbortController();
  // It takes far longer to decode this than to end a thread.
  const making = thumbnailer.make(order(blackPng(9000, 9000)), {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error("late")),
  });
  await assert.rejects(making, { name: "InnerThreadEnded", reason: "hung" });
  assert.equal(thumbnailer.hasThread, false);
  const { made, problem } = await thumbnailer.make(order(blackPng(30, 20)));
  assert.deepEqual([made.length, problem, started], [1, undefined, 2]);
});

/** Threads that answer at once. */
class Threads {
  started = 0;
  ended = 0;
  memoryBytes = 0;
  error: Error | undefined;

  start(): Promise<PictureThread> {
    this.started++;
    const result = (): PictureResult => {
      if (this.error) throw this.error;
      return { made: [], problem: undefined, memoryBytes: this.memoryBytes };
    };
    return Promise.resolve({
      run: () => new Promise((resolve) => resolve(result())),
      [Symbol.asyncDispose]: () => {
        this.ended++;
        return Promise.resolve();
      },
    });
  }

  thumbnailer(options?: ThumbnailerOptions): Thumbnailer {
    return new Thumbnailer(() => this.start(), options);
  }
}

Deno.test("a thread starts with the first picture, and makes the next ones", async () => {
  const threads = new Threads();
  await using thumbnailer = threads.thumbnailer();
  assert.equal(threads.started, 0);
  for (let count = 0; count < 3; count++) await thumbnailer.make(order());
  assert.deepEqual([threads.started, threads.ended], [1, 0]);
  await thumbnailer[Symbol.asyncDispose]();
  assert.equal(threads.ended, 1);
});

Deno.test("several pictures at once are made one after another", async () => {
  const threads = new Threads();
  threads.memoryBytes = 101;
  await using thumbnailer = threads.thumbnailer({ mostKeptBytes: 100 });
  const late = new AbortController();
  const all = [
    thumbnailer.make(order()),
    thumbnailer.make(order(), { signal: late.signal }),
    thumbnailer.make(order()),
  ];
  late.abort(new Error("late"));
  const ends = await Promise.allSettled(all);
  assert.deepEqual(ends.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual([threads.started, threads.ended], [2, 2]);
});

Deno.test("a thread that has nothing to do ends", async () => {
  const threads = new Threads();
  await using thumbnailer = threads.thumbnailer({ idleMs: 1 });
  await thumbnailer.make(order());
  await until("it has ended", () => threads.ended === 1);
  assert.equal(thumbnailer.hasThread, false);
  await thumbnailer.make(order());
  assert.equal(threads.started, 2);
});

Deno.test("a thread that keeps much memory ends after its picture", async () => {
  const threads = new Threads();
  await using thumbnailer = threads.thumbnailer({ mostKeptBytes: 100 });
  threads.memoryBytes = 100;
  await thumbnailer.make(order());
  assert.equal(threads.ended, 0);
  threads.memoryBytes = 101;
  await thumbnailer.make(order());
  assert.deepEqual([threads.ended, thumbnailer.hasThread], [1, false]);
});

Deno.test("a thread whose decoders fail ends, and the error is the caller's", async () => {
  const threads = new Threads();
  await using thumbnailer = threads.thumbnailer();
  threads.error = new Error("Aborted()");
  await assert.rejects(thumbnailer.make(order()), /^Error: Aborted\(\)$/);
  assert.deepEqual([threads.ended, thumbnailer.hasThread], [1, false]);
});

Deno.test("a thread that does not start is tried again with the next picture", async () => {
  let started = 0;
  await using thumbnailer = new Thumbnailer(() => {
    started++;
    return Promise.reject(new Error("not loaded"));
  });
  for (let count = 0; count < 2; count++) {
    await assert.rejects(thumbnailer.make(order()), /not loaded/);
  }
  assert.equal(started, 2);
});
