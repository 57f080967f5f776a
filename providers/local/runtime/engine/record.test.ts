import { expect, it } from "vitest";
import { Late, SecretText } from "../../../../src/provider.ts";
import { shell, taskOf } from "./testing.ts";
import { labels, sandboxLabels } from "./names.ts";
import { bareRecord, newRecord, readRecord, writeRecord } from "./record.ts";
import { openText } from "./request/bodies.ts";
import { seenOf } from "./seen.ts";

const env = [
  { name: "SECRET", value: new SecretText("hush") },
  { name: "LATE", value: new Late(["http://", { late: "podIP" }, new SecretText("key")]) },
];
const spec = taskOf("kept", [shell("a", "true", { env }), shell("b", "true", { kind: "sidecar" })]);

it("reads back what it wrote, with secrets and late values as such", () => {
  const record = { ...newRecord(spec), wanted: { a: 2 }, begun: ["a/0"], stop: { askedAt: 1, deadline: 2 } };
  const back = readRecord(writeRecord(record));
  const [secret, late] = back.spec.containers[0]?.env.map(({ value }) => value) ?? [];
  expect([secret, late].map(String)).toEqual(["[secret]", "[object Object]"]);
  expect(secret instanceof SecretText && secret.reveal()).toBe("hush");
  const values = { podIP: "192.0.2.1", podIPs: "", hostIP: "", hostIPs: "" };
  expect(late instanceof Late && openText(late, values)).toBe("http://192.0.2.1key");
  expect(writeRecord(back)).toBe(writeRecord(record));
  expect(back).toMatchObject({ wanted: { a: 2 }, begun: ["a/0"], stop: { askedAt: 1, deadline: 2 }, bare: false });
});

it("refuses a record of another format instead of guessing", () => {
  expect(() => readRecord('{"format":2}')).toThrow("format 2");
});

it("rebuilds from labels what a task is, but nothing to start", () => {
  const inspect = {
    Id: "1",
    Image: "sha256:1",
    State: {
      Status: "running",
      OOMKilled: false,
      ExitCode: 0,
      Error: "",
      StartedAt: "2026-01-02T03:04:05Z",
      FinishedAt: "",
    },
    Config: { Labels: sandboxLabels(spec) },
  };
  const record = bareRecord([seenOf(inspect)]);
  expect(record).toMatchObject({
    bare: true,
    spec: { identity: spec.identity, token: spec.token, podName: "kept", nodeName: "edge" },
  });
  expect(record.spec.containers.map(({ name, kind }) => `${name} ${kind}`)).toEqual(["a main", "b sidecar"]);
  expect(Object.values(sandboxLabels(spec)).join(" ")).not.toContain("hush");
  expect(sandboxLabels(spec)[labels.podUid]).toBe(spec.identity.podUid);
});
