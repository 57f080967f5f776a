import { expect, test } from "vitest";
import { isEngineNoise, mayBeStartFailure, startFailure } from "./engine-words.ts";

test.for([
  [
    'Error: runc: exec failed: unable to start container process: exec: "x": executable file not found in $PATH: ' +
      "OCI runtime attempted to invoke a command that was not found\n" +
      "Error: read unixpacket @->/proc/self/fd/15/attach: read: connection reset by peer\n",
    'exec: "x": executable file not found in $PATH',
  ],
  [
    'Error: runc: exec failed: unable to start container process: exec: "/x/y": stat /x/y: no such file or directory: ' +
      "OCI runtime attempted to invoke a command that was not found\n",
    'exec: "/x/y": stat /x/y: no such file or directory',
  ],
  [
    'Error: runc: exec failed: unable to start container process: exec: "/etc": permission denied: OCI permission denied\n',
    'exec: "/etc": permission denied',
  ],
  [
    "Error: crun: executable file `x` not found in $PATH: No such file or directory: " +
      "OCI runtime attempted to invoke a command that was not found\n",
    "executable file `x` not found in $PATH: No such file or directory",
  ],
  [
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "x": ' +
      "executable file not found in $PATH: unknown\r\n",
    'exec: "x": executable file not found in $PATH',
  ],
] as const)("of %j the reason is %j", ([output, reason]) => {
  expect(startFailure(output)).toBe(reason);
});

test.for(["", "E", "Error: ", "sh: x: not found\n", "Error: no such image\n"])(
  "%j is the output of a command",
  (output) => {
    expect([mayBeStartFailure(output), startFailure(output)]).toEqual([false, undefined]);
  },
);

test("what only begins so, or is longer than any such sentence, is the output of a command", () => {
  expect(startFailure("Error: runc: something\n")).toBeUndefined();
  expect(mayBeStartFailure(`OCI runtime exec failed: ${"x".repeat(5000)}: unknown`)).toBe(false);
});

test("what podman says of its own connection is noise, as a whole and nothing else", () => {
  const words = "Error: read unixpacket @->/proc/self/fd/15/attach: read: connection reset by peer\n";
  const long = `Error: read unixpacket @->/${"x".repeat(200)}/attach: read: broken pipe\n`;
  const noisy = [words, `${words}more`, `a ${words}`, long].map((text) => isEngineNoise(Buffer.from(text)));
  expect(noisy).toEqual([true, false, false, false]);
});
