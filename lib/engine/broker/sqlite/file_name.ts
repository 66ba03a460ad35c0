/**
 * The name of the embedded broker's file.
 *
 * @module
 */

/** The broker's file in `STATE_DIR`. */
export const FILE_NAME = "broker.sqlite";
