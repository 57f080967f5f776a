/**
 * Programs for the shell of a container, where a cloud starts a command on a terminal and tells neither its exit code nor
 * its two outputs apart, or where what carries its output changes bytes. They write what `output.ts` reads, and read
 * what `input.ts` writes. Pure. POSIX shell with `dd`, `base64` and `cat`, and `stty` where there is stdin; `tee` and `tr` are used
 * where they are there.
 *
 * Everything of their own comes between two RS characters (octal 036) behind the session's token: `r` when the command
 * is about to start, its exit code at the end, `m` and a name where a program is missing, `w` where outputs come as they are.
 */
import type { TerminalSize } from "../../src/provider.ts";
import { FLUSH, QUOTE } from "./input.ts";

/** A token begins with a letter beyond 7, which ends printf's octal number. */
const say = (token: string, what: string): string => `printf "\\036${token}${what}\\036"`;

const needed = (token: string, programs: readonly string[]): string =>
  `for __p in ${programs.join(" ")}; do command -v $__p >/dev/null || { ${say(token, "m%s")} $__p; exit 126; }; done`;

/**
 * Standard input to records of base64, each with the mark of its stream in front: whatever there is at one time, so that
 * nothing waits for more. Pipes take up to 4,096 bytes at once: two streams in one then never break each other's records.
 */
const encoder = (bytes: number): string =>
  `e() { while c=$(dd bs=${bytes} count=1 2>/dev/null | base64) && [ "$c" ]; do printf "$1%s\\n" "$c"; done; }`;

/** What comes, as it comes: not `cat`, as busybox' has the kernel copy (sendfile), which wakes no reader before there is more. */
const pass = "dd bs=4096 2>/dev/null";

/** Bytes of a record: 4,000 characters of base64 and their line ends are less than a pipe takes at once. */
const SHARED_RECORD = 3_000;
/**
 * The same where each stream has a pipe of its own: as much at once as a pipe holds, straight from base64 to the pipe, as
 * shells read a program's output into a variable by small pieces. At the end dd tells that it has read nothing.
 */
const straightEncoder =
  'e() { while n=$({ printf "$1"; dd bs=65535 count=1 2>&7 | base64; } 7>&1 >&8) && [ "${n#0+0}" = "$n" ]; do :; done; }';

/**
 * Standard input to fds 8 and 9 in the two streams of `pairing.ts`: four programs for all of it and a hundredth more, where base64
 * takes two programs for each 64 KB and a third more. `$__t`: a tr that keeps nothing back.
 */
const pairer =
  "o() { { tee /dev/fd/7 | { LC_ALL=C $__t '\\277' '\\276'; printf '\\277\\n\\n\\n\\n'; } >&8; } 7>&1 | LC_ALL=C $__t -cd '\\276\\277' | LC_ALL=C $__t '\\276\\277' '!?' >&9; }";
/** That of GNU waits for more unless it is told otherwise, busybox' does not, and of others nobody knows. */
const findTr =
  "__t=; case $(stdbuf -o0 tr --version 2>&1) in 'tr (GNU'*) __t='stdbuf -o0 tr' ;; *) case $(tr --version 2>&1) in *BusyBox*) __t=tr ;; esac ;; esac; " +
  "[ -e /dev/fd/2 ] && command -v tee >/dev/null || __t=";

/** How an output of the command is encoded, with the redirections for that. */
interface Encoding {
  readonly out: string;
  readonly err: string;
}
const records: Encoding = { out: "e : >&3", err: "e \\; >&3" };
const ownPipes: Encoding = { out: 'if [ "$__t" ]; then o; else e :; fi 8>&3 9>&4', err: "e \\; 8>&4" };

/**
 * Runs the words after it, no built-in of the shell's among them; both outputs encoded, the code into `k`. What the shell itself
 * says of a command that a signal has ended ("Killed") goes nowhere: among records it would be read as one.
 */
const split = ({ out, err }: Encoding, stdin = ""): string =>
  `k=$({ { { (exec "$@" ${stdin} 2>&6 3>&- 4>&- 5>&- 6>&-); echo $? >&5; } 2>/dev/null | { ${out}; } 5>&- 6>&-; } 6>&1 | { ${err}; } 5>&-; } 5>&1)`;

/** `sh -c` of a script, which finds the command as "$@". */
const shell = (script: string, argv: readonly string[]): readonly string[] => ["sh", "-c", script, "sh", ...argv];

/**
 * A command on the terminal, which has this size: its output is the terminal's, and then its code. Keys that end programs
 * end the command and not the shell around it.
 */
export function onTerminal(argv: readonly string[], token: string, { rows, columns }: TerminalSize): readonly string[] {
  const size = `stty rows ${rows} cols ${columns} 2>/dev/null`;
  return shell(`${size}; ${say(token, "r")}; trap : INT QUIT; (exec "$@"); ${say(token, "%s")} $?`, argv);
}

/**
 * A command without a terminal, though the shell is on one: both outputs come as records. With `stdin` the terminal
 * is a line that carries bytes: nothing typed means anything but the two characters of `input.ts`.
 */
export function besideTerminal(argv: readonly string[], token: string, stdin: boolean): readonly string[] {
  const programs = needed(token, ["dd", "base64", ...(stdin ? ["stty"] : [])]);
  const off = ["erase", "kill", "werase", "rprnt"].map((key) => `${key} ^-`).join(" ");
  const quiet = `stty -echo -icrnl -ixon -isig -opost icanon iexten ${off} eof '${caret(FLUSH)}' lnext '${caret(QUOTE)}'`;
  const run = `{ ${split(records, stdin ? "" : "</dev/null")}; ${say(token, "%s")} "$k" >&3; }`;
  const whole = `{ ${say(token, "r")}; ${stdin ? `${pass} | ` : ""}${run}; } 3>&1 | ${pass}`;
  const set = stdin ? `${quiet} || { ${say(token, "mstty")}; exit 126; }; ` : "";
  return shell(`${programs}; ${encoder(SHARED_RECORD)}; ${set}${whole}`, argv);
}

/**
 * A command without stdin whose two outputs have pipes of their own, and whose exit code is that of the shell. SIGINT to the
 * shell ends the command with all that it has started. Standard output is paired where there is a tr for it, or else it comes
 * as records too. Where the programs for records are missing, outputs come as they are.
 */
export function besidePipes(argv: readonly string[], token: string): readonly string[] {
  const asItIs = `command -v dd >/dev/null && command -v base64 >/dev/null || { ${say(token, "w")}; exec "$@"; }`;
  const inner = `__t=$1; shift; ${straightEncoder}; ${pairer}; exec 3>&1 4>&2; ${split(ownPipes, "</dev/null")}; exit "$k"`;
  const ready = `if [ "$__t" ]; then ${say(token, "p")}; else ${say(token, "r")}; fi`;
  // In a session of its own the command can be ended with its children, and nobody else.
  const start = `__s=$(command -v setsid); $__s sh -c "$__i" sh "$__t" "$@" & __p=$!; wait $__p; exit $?`;
  const end = `kill -KILL -$__p 2>/dev/null || kill -KILL $__p; exit 137`;
  return shell(`__i=$1; shift; ${asItIs}; ${findTr}; trap '${end}' INT TERM; ${ready}; ${start}`, [inner, ...argv]);
}

const caret = (code: number): string => `^${String.fromCharCode(code + 64)}`;
