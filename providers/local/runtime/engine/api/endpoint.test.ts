import { expect, it } from "vitest";
import { engineEndpoint } from "./endpoint.ts";

const tls = { ca: "ca", cert: "cert", key: "key" };

it.for([
  [undefined, undefined, { origin: "http://localhost", socketPath: "/var/run/docker.sock" }],
  ["unix:///run/podman/podman.sock", undefined, { origin: "http://localhost", socketPath: "/run/podman/podman.sock" }],
  ["tcp://engine.example:2377", tls, { origin: "https://engine.example:2377", socketPath: undefined, tls }],
  ["tcp://192.0.2.7", tls, { origin: "https://192.0.2.7:2376" }],
  ["tcp://127.0.0.1:2375", undefined, { origin: "http://127.0.0.1:2375", tls: undefined }],
  ["tcp://[::1]:2375", undefined, { origin: "http://[::1]:2375" }],
] as const)("%s", ([host, certificates, endpoint]) => {
  expect(engineEndpoint(host, certificates)).toMatchObject(endpoint);
});

it.for([
  ["tcp://engine.example:2376", "TCP needs TLS: set DOCKER_CERT_PATH"],
  ["tcp://127.0.0.1.example:2376", "TCP needs TLS"],
  ["unix://relative.sock", "absolute"],
  ["ssh://engine.example", "use unix://"],
  ["engine.example", "use unix://"],
  ["tcp://127.0.0.1:2375/path", "a path after the port"],
] as const)("refuses %s with the fix", ([host, words]) => {
  expect(() => engineEndpoint(host)).toThrow(words);
});
