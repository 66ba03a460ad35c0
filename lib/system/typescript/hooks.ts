/**
 * Modules in TypeScript by the runtime's module hooks: each file is translated as it is loaded, under
 * its own URL, and nothing is written to the disk. Deno has such hooks from 2.9 on.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { isTypeScript } from "./is_typescript.ts";
import { type Translate, withMap } from "./translate.ts";

/** The part of `node:module` that is used; older runtimes lack it. */
interface ModuleHooks {
  readonly registerHooks?: (hooks: { readonly load: LoadHook }) => { deregister(): void };
}

type Loaded = { format: string; source: string; shortCircuit: boolean };
type LoadHook = (
  url: string,
  context: unknown,
  next: (url: string, context: unknown) => Loaded,
) => Loaded;

/** A module that is only there where hooks are called. */
const PROBE = "file:///process-queue/probe-of-module-hooks.ts";

/**
 * Registers the hooks in this thread.
 *
 * @returns Takes them away; `undefined` where the runtime has none, or does not call them.
 */
export async function registerTypeScriptHooks(
  translate: Translate,
): Promise<(() => void) | undefined> {
  const { registerHooks } = nodeModule as ModuleHooks;
  if (registerHooks === undefined) return undefined;
  const hooks = registerHooks({
    load(url, context, next) {
      if (url === PROBE) return loaded("export default true");
      if (!isTypeScript(url)) return next(url, context);
      return loaded(withMap(translate(readFileSync(new URL(url), "utf8"), url)));
    },
  });
  if (await isCalled()) return () => hooks.deregister();
  hooks?.deregister();
  return undefined;
}

function loaded(source: string): Loaded {
  return { format: "module", source, shortCircuit: true };
}

async function isCalled(): Promise<boolean> {
  try {
    await import(PROBE);
    return true;
  } catch {
    return false;
  }
}
