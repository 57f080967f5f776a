import { expect, test } from "vitest";
import { enter, type Entrance } from "./entrance.ts";

const isolated: Entrance = { holder: 42, view: "/nonexistent/root", network: true };
const plain: Entrance = { holder: undefined, view: "/", network: false };
const program = { argv: ["prog", "an arg"] as const, env: { A: "1" }, cwd: "/work" };
const words = (argv: readonly string[]): string => argv.map((word) => word.replace(/^\/(usr\/)?s?bin\//, "")).join(" ");

test("a program enters all namespaces of its container at once", () => {
  const { argv, env, cwd, detached } = enter(isolated, program, { terminal: false, groups: [] });
  expect(words(argv)).toBe(
    "nsenter --target=42 --mount --uts --ipc --net --pid=/proc/42/ns/pid_for_children --wd=/nonexistent/root/work -- prog an arg",
  );
  expect({ env, cwd, detached }).toEqual({ env: { A: "1" }, cwd: undefined, detached: true });
  expect(enter({ ...isolated, network: false }, program, { terminal: false, groups: [] }).argv).not.toContain("--net");
});

test("a terminal is taken inside of the PID namespace, by a tool of the host", () => {
  expect(words(enter(isolated, program, { terminal: true, groups: [] }).argv)).toMatch(
    /^nsenter --pid=\S+ -- \S*setsid --ctty \S*nsenter --target=42 --mount --uts --ipc --net --wd=\S+ -- prog an arg$/,
  );
});

test("where there are no namespaces, the program starts in its directory, and takes a terminal as a process that leads no group", () => {
  const piped = enter(plain, program, { terminal: false, groups: [] });
  expect(piped).toMatchObject({ argv: ["prog", "an arg"], cwd: "/work", detached: true });
  const terminal = enter(plain, program, { terminal: true, groups: [] });
  expect(words(terminal.argv)).toBe("setsid --ctty prog an arg");
  expect(terminal.detached).toBe(false);
});

test.for([
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "GLIBC_TUNABLES",
  "PWD",
  "UID",
  "BASH_ENV",
  "BASH_FUNC_echo%%",
  "IFS",
  "a.b",
])("variable %s reaches the program and none of the tools on the way", (name) => {
  const { argv, env } = enter(
    isolated,
    { ...program, env: { A: "1", [name]: "x y" } },
    { terminal: false, groups: [] },
  );
  expect(env).toEqual({ A: "1" });
  expect(argv.slice(argv.indexOf("--") + 1)).toEqual(["/usr/bin/env", `${name}=x y`, "prog", "an arg"]);
});
