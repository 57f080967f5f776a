/**
 * What is typed into a shell at the other end of a websocket, and said back by it. Pure.
 *
 * Azure starts one program on a terminal, and carries bytes: no arguments for certain, no exit code, no second output, no
 * end of input. So it is `sh` that is started, alone on its command line, and the rest is agreed with it. Everything that it
 * says stands between marks, `~<key><type><payload>~`, with a key that nobody else knows; what stands outside of them (its
 * prompt, an echo) is dropped. All of it is printable and 7 bits wide, so that no terminal and no service changes it, and
 * longer than a terminal's line of 4096 bytes only once `stty` has taken the terminal's lines away.
 */

import { type ExecCommand, usualSize } from "../../../../src/provider.ts";

export type Said = "ready" | "lacks" | "goes" | "stdout" | "stderr" | "taken" | "exit";

/** One letter of a mark each. */
export const letters: Readonly<Record<Said, string>> = {
  ready: "r",
  lacks: "l",
  goes: "g",
  stdout: "o",
  stderr: "e",
  taken: "a",
  exit: "x",
};

/** Bytes of input in one piece: as base64, what a shell variable takes without pain. */
export const mostInput = 294_912;

/**
 * The first line, for an interactive shell whatever it is: its editor may take no more than 1,023 characters, and may not see
 * `!` or a tab. What the terminal echoes of it is no mark, because of the quotes in it.
 */
export function opening(key: string, shell: string): string {
  const ready = `printf %s '~'${key}'${letters.ready}~'`;
  return `s=$(stty -g 2>/dev/null);stty raw -echo 2>/dev/null;${ready};IFS= read -r p;exec ${shell} -c "$p" sh "$s"\n`;
}

/**
 * The second line, and the last: what is sent after that no `read` must see, because bash's takes more than a line from a
 * terminal without lines.
 */
function typed(program: string): string {
  return `${program.replaceAll(/\s*\n\s*/g, " ").trim()}\n`;
}

/** Sets the positional parameters, by plain letters alone: everything else is an octal number of `printf %b`. */
function setWords(argv: readonly string[]): string {
  const quoted = argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  const plain = [...Buffer.from(quoted, "utf8")].map((byte) => {
    const letter = String.fromCharCode(byte);
    return /[\w./:=,+-]/.test(letter) ? letter : `\\0${byte.toString(8).padStart(3, "0")}`;
  });
  return `eval "set -- $(printf %b '${plain.join("")}')"`;
}

/** Says a mark, whose payload stands in double quotes. */
const say = (said: Said, payload: string): string => `printf %s "$T"${letters[said]}"${payload}~"`;

/** Characters of an order to `i`. */
const orderLength = 9;

/** What is said to the program of a command without a terminal, each of the same length. `input` has so many characters of base64 after it. */
export const orders = {
  input: (characters: number): string => `d${String(characters).padStart(orderLength - 2, "0")}\n`,
  end: "e.......\n",
  quit: "q.......\n",
  kill: "k.......\n",
} as const;

/**
 * A command without a terminal. `o` sends what it reads as marks of one type, each by one write, which a terminal never
 * mixes with another one. `i` takes orders: input, which it answers when it is handed over; the end of the input; that of
 * all. Anything else, and the end of the terminal, kills the group of processes that this shell leads. It reads an order
 * byte by byte, and input that is alone on its way, so that nothing is read by the wrong one. The command itself sees none
 * of that, and no terminal.
 */
export function pipedProgram(key: string, { argv, stdin }: Pick<ExecCommand, "argv" | "stdin">): string {
  return typed(`
    T='~${key}'; M=;
    for t in stty dd head base64; do command -v $t >/dev/null 2>&1 || M="$M $t"; done;
    ${say("lacks", "$M")}; [ "$M" ] && exit 1;
    ${setWords(argv)};
    o() { while x=$(dd bs=45000 count=1 2>/dev/null | base64) && [ "$x" ]; do
      printf %s "$T$1$x~" | dd ibs=4096 obs=65536 2>/dev/null >&8; done; };
    i() { trap '' HUP; while :; do l=$(dd bs=1 count=${orderLength} 2>/dev/null); case $l in
      d*) x=$(head -c "\${l#d}"); { printf %s "$x" | base64 -d; ${say("taken", "")} >&8; } 2>/dev/null & ;;
      e*) exec >/dev/null ;;
      q*) return ;;
      *) break ;;
      esac; done; kill -KILL -$$; };
    exec 8>&1;
    i | { c=$( { { { ( exec "$@" ${emptyUnless(stdin)} 3>&- 8>&- 9>&- ) 2>&3; echo $? >&9; } 2>/dev/null
      | o ${letters.stdout} 3>&- 9>&-; } 3>&1 | o ${letters.stderr} 9>&-; } 9>&1 ); ${say("exit", "$c")} >&8; }`);
}

/** A command on the terminal, given back as it was found. It says the process that leads the session, of which that is the first input. */
export function terminalProgram(key: string, { argv, stdin, size = usualSize }: Omit<ExecCommand, "tty">): string {
  return typed(`
    T='~${key}'; s=$1; ${setWords(argv)};
    stty "$s" 2>/dev/null; stty rows ${size.rows} cols ${size.columns} 2>/dev/null;
    trap : INT QUIT;
    ${say("goes", "$$")};
    ( exec "$@" ${emptyUnless(stdin)} ); ${say("exit", "$?")}`);
}

const emptyUnless = (stdin: boolean): string => (stdin ? "" : "</dev/null");

/** A few lines of shell that need no input: their output, and how they ended. */
export function scriptProgram(key: string, script: string): string {
  return typed(`T='~${key}'; ${say("goes", "")}; ( ${script} ) </dev/null 2>&1; ${say("exit", "$?")}`);
}

/** Kills every process of a session, with nothing but the shell. Field 6 of /proc/<pid>/stat is the session; field 2 may have blanks. */
export function killSession(session: number): string {
  return `for p in /proc/[0-9]*; do IFS= read -r l 2>/dev/null <"$p/stat" || continue; l="\${l##*) }"; set -- $l; [ "$4" = ${session} ] && kill -KILL "\${p#/proc/}"; done 2>/dev/null; :`;
}
