/**
 * The tokens of the HTTP server: one that may do everything, one that may only read.
 *
 * @module
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorData } from "../errors/error_data.ts";
import type { Right } from "./router.ts";

/** The files of the tokens. */
export interface TokenFiles {
  /** `undefined`: `<STATE_DIR>/http-token`, which is made where it is missing. */
  readonly tokenFile: string | undefined;
  readonly readTokenFile: string | undefined;
}

/** Why a token cannot be used. */
export interface TokenProblem {
  readonly setting: "HTTP_TOKEN_FILE" | "HTTP_READ_TOKEN_FILE";
  readonly wrong: string;
  readonly fix: string;
}

/** Bytes of a token that is made. */
const TOKEN_BYTES = 32;
/** The fewest characters of a token that somebody has written. */
const FEWEST_CHARACTERS = 16;

/** The file of the token that the program makes. */
export function ownTokenFile(stateDir: string): string {
  return join(stateDir, "http-token");
}

/** The problems with the files of tokens that are set. */
export function tokenProblems({ tokenFile, readTokenFile }: TokenFiles): TokenProblem[] {
  const files = [["HTTP_TOKEN_FILE", tokenFile], ["HTTP_READ_TOKEN_FILE", readTokenFile]] as const;
  return files.flatMap(([setting, file]) => {
    if (file === undefined) return [];
    const wrong = problemOf(file);
    const fix =
      `put a token of at least ${FEWEST_CHARACTERS} characters into the file, with mode 0600`;
    return wrong === undefined ? [] : [{ setting, wrong, fix }];
  });
}

function problemOf(file: string): string | undefined {
  try {
    const count = readToken(file).length;
    return count < FEWEST_CHARACTERS ? `the token in ${file} has ${count} characters` : undefined;
  } catch (error) {
    return `${file} cannot be read (${errorData(error).message})`;
  }
}

/** Whether others than the file's owner may read it. */
export function isOpenToOthers(file: string): boolean {
  return (statSync(file).mode & 0o077) !== 0;
}

/** Knows the tokens; compares in constant time. */
export class Tokens {
  readonly #digests: readonly (readonly [digest: Uint8Array, right: Right])[];

  private constructor(tokens: readonly (readonly [token: string, right: Right])[]) {
    this.#digests = tokens.map(([token, right]) => [digestOf(token), right]);
  }

  /**
   * Reads the tokens, and makes the program's own where none is set and there is none.
   *
   * @throws {Error} Where a file cannot be read or made.
   */
  static load({ tokenFile, readTokenFile }: TokenFiles, stateDir: string): Tokens {
    const all = tokenFile === undefined ? ownToken(stateDir) : readToken(tokenFile);
    const reading = readTokenFile === undefined ? [] : [readToken(readTokenFile)];
    return new Tokens([
      [all, "changes"],
      ...reading.map((token) => [token, "events"] as const),
    ]);
  }

  /** What a token allows; `undefined` for a wrong one. */
  rightOf(token: string): Right | undefined {
    const digest = digestOf(token);
    let found: Right | undefined;
    for (const [known, right] of this.#digests) {
      if (timingSafeEqual(known, digest)) found ??= right;
    }
    return found;
  }
}

function ownToken(stateDir: string): string {
  const file = ownTokenFile(stateDir);
  try {
    mkdirSync(stateDir, { recursive: true });
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: "wx" });
    return token;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    const token = readToken(file);
    if (token.length >= FEWEST_CHARACTERS) return token;
    throw new Error(`${file} holds no token: remove it, and the program makes a new one`);
  }
}

function readToken(file: string): string {
  return readFileSync(file, "utf8").trim();
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
