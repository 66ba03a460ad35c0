/** The core of the program's copy of zod, for workers in a folder outside. @module */

export * from "zod/v4/core";
