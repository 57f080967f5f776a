import { expect, it, test } from "vitest";

import { listenError } from "./listen-error.ts";

const place = { address: "10.0.3.17", port: 10_250, index: 1, general: false };
const failed = (code: string): Error => Object.assign(new Error("no"), { code });

test.for([
  ["EADDRINUSE", false, /^nodes\[1\]\.port: port 10250 of 10\.0\.3\.17 is in use .*\(0 takes a free one/],
  ["EADDRNOTAVAIL", false, /^nodes\[1\]\.address: 10\.0\.3\.17 is no address of this machine.*kubelet\.address/],
  ["EADDRNOTAVAIL", true, /^kubelet\.address: 10\.0\.3\.17 is no address of this machine[^(]*$/],
  ["EACCES", false, /^nodes\[1\]\.port: .* above 1023$/],
  ["EMFILE", false, /^nodes\[1\]\.port: cannot listen on port 10250 of 10\.0\.3\.17: no$/],
] as const)("%s (address for all nodes: %s) names the field and the fix", ([code, general, sentence]) => {
  expect(listenError(failed(code), { ...place, general }).message).toMatch(sentence);
});

it("keeps what the operating system said", () => {
  const cause = failed("EADDRINUSE");
  expect(listenError(cause, place).cause).toBe(cause);
});
