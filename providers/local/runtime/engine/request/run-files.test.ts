import { expect, test } from "vitest";
import { shell, taskOf } from "../testing.ts";
import { runFileBinds, runFiles } from "./run-files.ts";

const run = { container: "a", instance: 2 };
const container = shell("a", "");
const mount = { volume: "v", path: "/etc/hosts", readOnly: false };

test("a run has a file for its last words that everybody may write, and a hosts file with the task's names", () => {
  const spec = taskOf("m", [container], { hostAliases: [{ ip: "192.0.2.1", hostnames: ["x", "y"] }] });
  const [message, hosts] = runFiles(spec, run, ["10.0.0.2"]);
  expect(message).toEqual({ path: "a-2", type: "file", mode: 0o666 });
  expect(hosts).toMatchObject({ path: "hosts", mode: 0o644 });
  expect(String((hosts as { content?: Buffer }).content)).toMatch(/\n10\.0\.0\.2\tm\n[^]*\n192\.0\.2\.1\tx\ty\n$/);
});

test("both are mounted, but for messages that are to go nowhere and a hosts file of the container's own", () => {
  const path = "/dev/termination-log";
  expect(runFileBinds({}, { mounts: [], terminationMessagePath: path }, run, "/m")).toEqual([
    `/m/a-2:${path}:rw`,
    "/m/hosts:/etc/hosts:rw",
  ]);
  expect(runFileBinds({}, { mounts: [mount], terminationMessagePath: "" }, run, "/m")).toEqual([]);
  const host = { hostNetwork: true };
  expect(runFileBinds(host, { mounts: [], terminationMessagePath: "" }, run, "/m")).toEqual([]);
});
