/** One word as a POSIX shell reads it back, and as splitters of shell words do (shlex). */
function quoted(word: string): string {
  return /^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line that is these words again, whatever is in them. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(quoted).join(" ");
}
