/**
 * What an engine says of a command that its container runtime could not start. It says so in the command's place: podman
 * and Docker write it where the output would be, and give 126 or 127 as exit code. Pure.
 */

/** podman's sentence begins with the runtime's name, Docker's does not. */
const beginning = /^(?:Error: (?:runc|crun|youki|runsc|kata-runtime): |OCI runtime exec failed: )/;
/** A whole sentence, with the reason in it: podman's and Docker's. */
const sentences = [/^Error: \S+: (.*): OCI [^:]*$/, /^OCI runtime exec failed: (?:exec failed: )?(.*): unknown$/];
const preamble = /^.*?unable to start container process: /;
/** Longer than any of these; a command that writes more has been started. */
const longest = 4096;

/** Exit codes that an engine gives to what was not started: not executable, and not there. */
export const startFailureCodes: readonly number[] = [126, 127];

/** Could this be all, or the beginning of all, that an engine wrote? */
export function mayBeStartFailure(output: string): boolean {
  return output.length <= longest && beginning.test(output);
}

/** The reason, as in `exec: "x": executable file not found in $PATH`; `undefined` for the output of a command. */
export function startFailure(output: string): string | undefined {
  if (!mayBeStartFailure(output)) return undefined;
  // podman 4.3 may add a line about its own connection.
  const [line = ""] = output.split(/\r?\n/);
  const reason = sentences.map((sentence) => sentence.exec(line)?.[1]).find((found) => found !== undefined);
  return reason?.replace(preamble, "");
}
