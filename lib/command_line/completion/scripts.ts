/**
 * The scripts by which shells ask the program what may come next, and its answers to them.
 *
 * @module
 */

import type { Choice, Completion } from "./complete.ts";

/** The shells that have a script. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that has a script. */
export type Shell = typeof SHELLS[number];

/** The lines by which an answer asks for files or folders. */
const FILES = { file: ":files", folder: ":folders" } as const;

const BASH = `# Completion of process-queue for bash. In ~/.bashrc:
#   . <(process-queue completion bash)
_process_queue() {
  local line file
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      ${FILES.file}|${FILES.folder})
        compopt -o filenames 2>/dev/null
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(
          if [ "$line" = ${FILES.file} ]; then compgen -f -- "$2"; else compgen -d -- "$2"; fi
        ) ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("$1" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _process_queue process-queue
`;

const ZSH = `#compdef process-queue
# Completion of process-queue for zsh. In ~/.zshrc, behind compinit:
#   . <(process-queue completion zsh)
# Or write it to a file _process-queue in a folder of $fpath.
_process-queue() {
  local line tab=$'\\t'
  local -a choices
  for line in "\${(@f)$("\${(Q)words[1]}" completion zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      ${FILES.file}) compset -P '--*='; _files ;;
      ${FILES.folder}) compset -P '--*='; _files -/ ;;
      *$tab*) choices+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}") ;;
      *) choices+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( $#choices )) && _describe process-queue choices
}
if [ "$funcstack[1]" = _process-queue ]; then
  _process-queue "$@"
else
  compdef _process-queue process-queue
fi
`;

const FISH = `# Completion of process-queue for fish. In ~/.config/fish/config.fish:
#   process-queue completion fish | source
function __process_queue_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l kept (string match -r -- '^--[^=]*=' "$current")
    set -l rest (string replace -r -- '^--[^=]*=' '' "$current")
    for line in ($program completion fish -- $words "$current" 2>/dev/null)
        switch $line
            case ${FILES.file}
                string replace -r -- '^' "$kept" (__fish_complete_path "$rest")
            case ${FILES.folder}
                string replace -r -- '^' "$kept" (__fish_complete_directories "$rest")
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c process-queue -f -a '(__process_queue_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** The script of a shell, with its last newline. */
export function scriptOf(shell: Shell): string {
  return SCRIPTS[shell];
}

/**
 * The words as they were typed. bash makes words of their own of `=` and `:` within a word.
 *
 * @param words As the shell passes them, the one to be completed last.
 */
export function typedWords(shell: Shell, words: readonly string[]): string[] {
  if (shell !== "bash") return [...words];
  const typed: string[] = [];
  let isJoined = false;
  for (const word of words) {
    const isBreak = /^[=:]+$/.test(word);
    if ((isBreak || isJoined) && typed.length > 0) typed.push((typed.pop() ?? "") + word);
    else typed.push(word);
    isJoined = isBreak;
  }
  return typed;
}

/**
 * The answer to a shell.
 *
 * @param queues The names of the queues, where a queue may come next.
 * @returns A line for each word, and one that asks for files or folders.
 */
export function answerTo(
  shell: Shell,
  { choices, kind, kept, typed }: Completion,
  queues: readonly string[],
): string[] {
  const names = queues.filter((word) => word.startsWith(typed))
    .map((word) => ({ word, description: "" }));
  const lines = [...choices, ...names].map((choice) => lineOf(shell, choice, kept));
  return kind === "file" || kind === "folder" ? [...lines, FILES[kind]] : lines;
}

/** What bash would read as more than a part of a word, such as `$(`. */
const BASH_SYNTAX = /[^\p{L}\p{N}_.,:=@%+/-]/gu;

/**
 * bash replaces only what stands behind the `=`, shows no descriptions, and inserts a word as it is.
 * The others quote it.
 */
function lineOf(shell: Shell, { word, description }: Choice, kept: string): string {
  if (shell === "bash") return word.replace(BASH_SYNTAX, "\\$&");
  return description === "" ? kept + word : `${kept}${word}\t${description}`;
}
