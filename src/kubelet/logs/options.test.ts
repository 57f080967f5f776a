import { describe, expect, it, test } from "vitest";

import { parseLogOptions } from "./options.ts";

const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const parse = (query: string) => parseLogOptions(new URLSearchParams(query), now);
const defaults = {
  follow: false,
  previous: false,
  timestamps: false,
  since: undefined,
  tailLines: undefined,
  limitBytes: undefined,
  stream: "All",
};

describe("parseLogOptions", () => {
  test.for([
    ["", {}],
    ["follow=true&previous=1&timestamps=TRUE", { follow: true, previous: true, timestamps: true }],
    ["follow=false&previous=0&timestamps=False", {}],
    ["follow=&previous=yes", { follow: true, previous: true }],
    ["tailLines=0", { tailLines: 0 }],
    ["tailLines=10&limitBytes=1", { tailLines: 10, limitBytes: 1 }],
    ["tail=5", { tailLines: 5 }],
    ["tail=5&tailLines=7", { tailLines: 5 }],
    ["tail=all&tailLines=7", {}],
    ["tail=&tailLines=7", { tailLines: 7 }],
    ["sinceSeconds=5", { since: "2026-01-02T03:04:00.678000000Z" }],
    ["sinceSeconds=9007199254740991", { since: "1970-01-01T00:00:00.000000000Z" }],
    ["sinceTime=2026-01-02T03:04:05Z", { since: "2026-01-02T03:04:05.000000000Z" }],
    ["sinceTime=2026-01-02T03:04:05.123456789%2B02:00", { since: "2026-01-02T01:04:05.123456789Z" }],
    ["sinceTime=2026-01-02T03:04:05.1234567891-00:30", { since: "2026-01-02T03:34:05.123456789Z" }],
    ["sinceTime=", {}],
    ["sinceTime=null", {}],
    ["stream=Stderr", { stream: "Stderr" }],
    ["stream=All&tailLines=3", { tailLines: 3 }],
    ["unknown=1", {}],
  ] as const)("%j is read as %j", ([query, expected]) => {
    expect(parse(query)).toEqual({ options: { ...defaults, ...expected } });
  });

  test.for([
    ["tailLines=x", 'tailLines: "x" is not an integer'],
    ["tailLines=", 'tailLines: "" is not an integer'],
    ["tailLines=1.5", 'tailLines: "1.5" is not an integer'],
    ["limitBytes=99999999999999999999", 'limitBytes: "99999999999999999999" is not an integer'],
    ["sinceTime=yesterday", 'sinceTime: "yesterday" is not an RFC 3339 time'],
    ["sinceTime=2026-13-02T03:04:05Z", 'sinceTime: "2026-13-02T03:04:05Z" is not an RFC 3339 time'],
  ] as const)("%j cannot be understood: 400", ([query, problem]) => {
    expect(parse(query)).toEqual({ status: 400, problems: [problem] });
  });

  test.for([
    ["tailLines=-1", ["tailLines: Invalid value: -1: must be greater than or equal to 0"]],
    ["limitBytes=0", ["limitBytes: Invalid value: 0: must be greater than 0"]],
    ["sinceSeconds=0", ["sinceSeconds: Invalid value: 0: must be greater than 0"]],
    [
      "sinceSeconds=1&sinceTime=2026-01-02T03:04:05Z",
      ["Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"],
    ],
    ["stream=stdout", ['stream: Unsupported value: "stdout": supported values: "All", "Stdout", "Stderr"']],
    ["stream=Stdout&tailLines=1", ["Forbidden: `tailLines` and specific `stream` are mutually exclusive for now"]],
  ] as const)("%j is not allowed: 422", ([query, problems]) => {
    expect(parse(query)).toEqual({ status: 422, problems });
  });

  it("tells every problem at once", () => {
    expect(parse("tailLines=-1&limitBytes=0&sinceSeconds=-3")).toMatchObject({ status: 422, problems: { length: 3 } });
    expect(parse("tailLines=a&limitBytes=b")).toMatchObject({ status: 400, problems: { length: 2 } });
  });
});
