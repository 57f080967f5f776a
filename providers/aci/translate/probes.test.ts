import { describe, expect, test } from "vitest";
import { livenessOf } from "./probes.ts";

const container = {
  name: "main",
  ports: [{ name: "web", containerPort: 8080 }],
  env: [{ name: "FILE", value: "/ok" }],
};
const usual = {
  initialDelaySeconds: 0,
  periodSeconds: 10,
  failureThreshold: 3,
  successThreshold: 1,
  timeoutSeconds: 1,
};

describe("a liveness probe", () => {
  test("that is a command is Azure's, with the variables that the spec itself knows", () => {
    const exec = { command: ["cat", "$(FILE)", "$(OTHER)", "$$(FILE)"] };
    expect(livenessOf({ ...container, livenessProbe: { exec } })).toEqual({
      exec: { command: ["cat", "/ok", "$(OTHER)", "$(FILE)"] },
      ...usual,
    });
  });

  test("over HTTP has a number for its port, the scheme in small letters, and its headers", () => {
    const headers = [{ name: "Accept", value: "*/*" }];
    const httpGet = { port: "web", scheme: "HTTPS", path: "/live", httpHeaders: headers };
    expect(livenessOf({ ...container, livenessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 2 } })).toEqual({
      httpGet: { port: 8080, scheme: "https", path: "/live", httpHeaders: headers },
      ...usual,
      periodSeconds: 5,
      timeoutSeconds: 2,
    });
    expect(livenessOf({ ...container, livenessProbe: { httpGet: { port: 1 } } })?.httpGet).toEqual({
      port: 1,
      scheme: "http",
      path: "/",
    });
  });

  test("waits until a startup probe would have given up", () => {
    const livenessProbe = { httpGet: { port: 1 }, initialDelaySeconds: 7 };
    const startupProbe = { tcpSocket: { port: 1 }, initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 30 };
    expect(livenessOf({ ...container, livenessProbe, startupProbe })?.initialDelaySeconds).toBe(72);
    expect(livenessOf({ ...container, startupProbe })).toBeUndefined();
  });

  test.for([{ tcpSocket: { port: 1 } }, { grpc: { port: 1 } }, { httpGet: { port: "other" } }])(
    "%j is none of Azure's",
    (livenessProbe) => {
      expect(livenessOf({ ...container, livenessProbe })).toBeUndefined();
    },
  );
});
