import { expect, test } from "vitest";

import { statusText } from "./outcome.ts";

test.for([
  [{ code: 0 }, { metadata: {}, status: "Success" }, ""],
  [
    { code: 137 },
    {
      metadata: {},
      status: "Failure",
      reason: "NonZeroExitCode",
      message: "command terminated with non-zero exit code: 137",
      details: { causes: [{ reason: "ExitCode", message: "137" }] },
    },
    "command terminated with non-zero exit code: 137",
  ],
  [
    { failure: "it broke" },
    {
      metadata: {},
      status: "Failure",
      reason: "InternalError",
      message: "Internal error occurred: it broke",
      details: { causes: [{ message: "it broke" }] },
      code: 500,
    },
    "Internal error occurred: it broke",
  ],
] as const)("%j is told as a status to new clients, as text to old ones", ([outcome, status, text]) => {
  expect(JSON.parse(statusText(outcome, "json"))).toEqual(status);
  expect(statusText(outcome, "text")).toBe(text);
});
