/**
 * Imports modules of the user's, in TypeScript too. Deno itself translates TypeScript when it runs the
 * source; the runtime in the binary does not.
 *
 * @module
 */

import { isTypeScript } from "./is_typescript.ts";
import { TypeScriptError } from "./typescript_error.ts";

/** Gives the URL to import a file by. */
type Locate = (url: string) => string;

let located: Promise<Locate> | undefined;

/**
 * Imports a module.
 *
 * @param url The URL of its file.
 * @param isTranslated Whether the runtime translates TypeScript. @default {not in the binary}
 * @returns What it exports.
 * @throws {TypeScriptError} For a syntax error in TypeScript; other errors as `import()` does.
 */
export async function importModule(
  url: string,
  isTranslated: boolean = !Deno.build.standalone,
): Promise<Record<string, unknown>> {
  if (isTranslated || !isTypeScript(url)) return await import(url);
  const locate = await (located ??= prepare());
  try {
    return await import(locate(url));
  } catch (error) {
    throw syntaxErrorIn(error) ?? error;
  }
}

/** Of an error that a hook throws, the runtime keeps the text alone. */
function syntaxErrorIn(error: unknown): TypeScriptError | undefined {
  const [, message] = /^SyntaxError: (.*)$/s.exec((error as Error).message) ?? [];
  return message === undefined ? undefined : new TypeScriptError(message, { cause: error });
}

/** Once in each thread, for its first file in TypeScript. */
async function prepare(): Promise<Locate> {
  const { loadTranslator } = await import("./translate.ts");
  const { registerTypeScriptHooks } = await import("./hooks.ts");
  const translate = await loadTranslator();
  if (await registerTypeScriptHooks(translate) !== undefined) return (url) => url;
  const { DataModules } = await import("./data_modules.ts");
  const modules = new DataModules(translate);
  return (url) => modules.urlOf(url);
}
