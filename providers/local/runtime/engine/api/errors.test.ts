import { expect, it } from "vitest";
import { answerError, connectionError, engineIsAway } from "./errors.ts";

it.for([
  [400, "invalid mount path", "invalid", "EngineRefused"],
  [401, "unauthorized", "denied", "EngineDenied"],
  [403, "forbidden by policy", "denied", "EngineDenied"],
  [404, "no such container: x", "notFound", "EngineNotFound"],
  [409, 'the container name "x" is already in use', "conflict", "EngineConflict"],
  [409, "container is not running", "conflict", "EngineConflict"],
  [500, "creating container storage: the container name is already in use by x", "conflict", "EngineConflict"],
  [429, "toomanyrequests", "throttled", "EngineThrottled"],
  [418, "teapot", "invalid", "EngineRefused"],
  [500, "write /var/lib: no space left on device", "noCapacity", "EngineDiskFull"],
  [500, "fork/exec /usr/bin/runc: cannot allocate memory", "noCapacity", "EngineOutOfResources"],
  [500, "runc create failed", "transient", "EngineFailed"],
  [503, "shutting down", "transient", "EngineFailed"],
  [302, "elsewhere", "unknown", "EngineAnswered"],
] as const)("answer %i %s is %s", ([status, message, kind, reason]) => {
  const error = answerError(status, message, 3);
  expect(error).toMatchObject({ kind, reason, message, status, retryAfter: 3 });
  expect(engineIsAway(error)).toBe(false);
});

it.for([
  ["ENOENT", false, "transient", "EngineUnavailable", /DOCKER_HOST/],
  ["ECONNREFUSED", false, "transient", "EngineUnavailable", /start the engine/],
  ["EACCES", true, "denied", "EngineForbidden", /socket's group/],
  ["CERT_HAS_EXPIRED", true, "denied", "EngineTlsFailed", /ca\.pem/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", true, "denied", "EngineTlsFailed", /ca\.pem/],
  ["ECONNRESET", true, "transient", "EngineUnavailable", /does not answer/],
  ["ECONNRESET", false, "unknown", "EngineAnswerLost", /repeated/],
  ["UND_ERR_HEADERS_TIMEOUT", false, "unknown", "EngineAnswerLost", /repeated/],
] as const)("no answer, code %s (reading: %s) is %s", ([code, reading, kind, reason, words]) => {
  const cause = Object.assign(new Error("it broke"), { code });
  for (const thrown of [cause, new Error("wrapped", { cause })]) {
    const error = connectionError(thrown, "unix:///run/x.sock", reading);
    expect(error).toMatchObject({ kind, reason, status: undefined, message: expect.stringMatching(words) });
    expect(error.message).toContain("unix:///run/x.sock");
    expect(engineIsAway(error)).toBe(true);
  }
});
