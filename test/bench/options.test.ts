import { expect, it } from "vitest";
import { parseOptions } from "./options.ts";

it("reads every option, and has a default for each", () => {
  expect(parseOptions([])).toEqual({
    pods: 1000,
    against: [],
    rounds: 5,
    memory: 5000,
    tokens: false,
    provider: "local",
    push: false,
    files: false,
    streams: false,
    megabytes: 200,
    nodeFlags: [],
  });
  const words =
    "--pods 7 --against virtual-kubelet,kwok --rounds 1 --memory 0 --tokens --provider fargate --push --files --streams --megabytes 3".split(
      " ",
    );
  expect(parseOptions([...words, "--node-flags=--cpu-prof --heap-prof"])).toEqual({
    pods: 7,
    against: ["virtual-kubelet", "kwok"],
    rounds: 1,
    memory: 0,
    tokens: true,
    provider: "fargate",
    push: true,
    files: true,
    streams: true,
    megabytes: 3,
    nodeFlags: ["--cpu-prof", "--heap-prof"],
  });
});

it.each([
  [["--pods", "0"], "--pods 0: expected a whole number, at least 1"],
  [["--pods", "many"], "--pods many: expected a whole number, at least 1"],
  [["--against", "kubelet"], "--against kubelet: expected virtual-kubelet or kwok"],
  [["--provider", "gcp"], "--provider gcp: expected local, fargate, aci or lambda"],
  [["--push"], "--push: expected --provider fargate beside it"],
  [["--fast"], "--fast"],
])("says what is wrong with %j", (words, message) => {
  expect(() => parseOptions(words)).toThrow(message);
});
