/**
 * What an engine writes among the output of a command. Of one that its container runtime could not start, podman and
 * Docker say so where the output would be, and give 126 or 127 as exit code. Pure.
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

const connectionTrouble =
  /^Error: (?:read|write) unixpacket @->\S+\/attach: (?:read|write): (?:connection reset by peer|broken pipe)\n$/;
const longestTrouble = 200;

/** podman 4.3 on stderr, of its own connection, when a command ends without reading all of its input: nobody's business. */
export function isEngineNoise(frame: Buffer): boolean {
  return frame.length <= longestTrouble && connectionTrouble.test(frame.toString("latin1"));
}
