import { describe, expect, test } from "vitest";
import { podWith } from "../../test/support/resolve-sources.ts";
import { lifecycleOf } from "./lifecycle.ts";

describe("hooks of a container", () => {
  const ports = [{ name: "web", containerPort: 8080 }];

  test.for([
    [{ exec: { command: ["a", "b"] } }, { kind: "exec", argv: ["a", "b"] }],
    [{ sleep: { seconds: 3 } }, { kind: "sleep", seconds: 3 }],
    [{ httpGet: { port: "web" } }, { kind: "http", scheme: "http", port: 8080, path: "/", headers: [] }],
    [
      { httpGet: { port: "81", scheme: "HTTPS", path: "x", httpHeaders: [{ name: "A", value: "b" }] } },
      { kind: "http", scheme: "https", port: 81, path: "/x", headers: [{ name: "A", value: "b" }] },
    ],
    [{ httpGet: { port: "nobody" } }, { kind: "http", scheme: "http", port: 0, path: "/", headers: [] }],
  ] as const)("read %j", ([handler, hook]) => {
    const pod = podWith({ ports, lifecycle: { postStart: handler, preStop: handler } } as never);
    expect(lifecycleOf(pod, pod.spec?.containers[0]?.name ?? "")).toEqual({ postStart: hook, preStop: hook });
  });

  test("are none where the pod has none", () => {
    expect(lifecycleOf(podWith({}), "a")).toEqual({});
    const pod = podWith({ lifecycle: { stopSignal: "SIGINT" } });
    expect(lifecycleOf(pod, pod.spec?.containers[0]?.name ?? "")).toEqual({ stopSignal: "SIGINT" });
  });
});
