/** The program's copy of zod, by zod's smaller interface, for workers in a folder outside. @module */

export * from "zod/mini";
