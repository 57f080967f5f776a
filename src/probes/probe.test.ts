import { describe, expect, it } from "vitest";
import type { Container } from "../model/kube.ts";
import { probesOf } from "./probe.ts";

const of = (livenessProbe: Container["livenessProbe"], more: Partial<Container> = {}) =>
  probesOf({ name: "main", livenessProbe, ...more } as Container, (command) => command.map((word) => `<${word}>`))[0];

const ports = [
  { name: "web", containerPort: 8080 },
  { name: "81", containerPort: 9090 },
];

describe("a probe of a container", () => {
  it("has the API server's defaults, in milliseconds", () => {
    expect(of({ exec: { command: ["cat", "/x"] } })).toEqual({
      kind: "liveness",
      action: { via: "exec", argv: ["<cat>", "</x>"] },
      initialDelay: 0,
      period: 10_000,
      timeout: 1_000,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  it.for<[port: string | number, found: number | undefined]>([
    [80, 80],
    ["web", 8080],
    ["81", 9090],
    ["82", 82],
    ["none", undefined],
    [0, undefined],
    [65_536, undefined],
    ["", undefined],
  ])("takes port %j for %j", ([port, found]) => {
    const action = of({ tcpSocket: { port } }, { ports })?.action;
    expect(action).toEqual(
      found === undefined
        ? { via: "nothing", why: `container main has no port ${JSON.stringify(port)}` }
        : { via: "tcp", host: undefined, port: found },
    );
  });

  it("asks by http as it is written, and by gRPC for the server as a whole", () => {
    const headers = [{ name: "X", value: "1" }];
    const httpGet = { port: 1 as never, scheme: "HTTPS", host: "", httpHeaders: headers };
    expect(of({ httpGet })?.action).toEqual({
      via: "http",
      scheme: "https",
      host: undefined,
      port: 1,
      path: "/",
      headers,
    });
    expect(of({ grpc: { port: 5 } })?.action).toEqual({ via: "grpc", port: 5, service: "" });
  });

  it("that has no handler has nothing to ask", () => {
    expect(of({})?.action).toEqual({ via: "nothing", why: "the probe has no handler" });
  });
});
