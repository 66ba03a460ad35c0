/** The program's copy of zod, for workers in a folder outside. @module */

export * from "zod";
export { default } from "zod";
