import fc from "fast-check";
import { expect, it } from "vitest";
import { Late, ProviderError, SecretText } from "../../../../src/provider.ts";
import { decode, encode, errorMessage, lineFramer, toError } from "./protocol.ts";

it("carries secret and late values, which JSON alone would lose", () => {
  const value = { a: new SecretText("hush"), b: [new Late(["x", { late: "podIP" }, new SecretText("y")])], c: "plain" };
  const back = decode(encode(value)) as typeof value;
  expect(back.a.reveal()).toBe("hush");
  const filled = back.b[0]?.fill({ podIP: "1", podIPs: "", hostIP: "", hostIPs: "" });
  expect(filled).toBeInstanceOf(SecretText);
  expect((filled as SecretText).reveal()).toBe("x1y");
  expect(back.c).toBe("plain");
});

it("finds the lines again however they are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.nat()), (texts, cuts) => {
      const lines = texts.map((text) => JSON.stringify(text));
      const data = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const places = [0, ...cuts.map((cut) => cut % (data.length + 1)).toSorted((a, b) => a - b), data.length];
      const seen: string[] = [];
      const push = lineFramer((line) => seen.push(line));
      for (const [n, to] of places.slice(1).entries()) push(data.subarray(places[n], to));
      expect(seen).toEqual(lines);
    }),
  );
});

it("keeps kind and reason of an error, and calls a foreign one unknown", () => {
  const through = (thrown: unknown): ProviderError =>
    toError((errorMessage(1, thrown) as unknown as { error: ProviderError }).error);
  expect(through(new ProviderError("conflict", "Busy", "words"))).toMatchObject({
    kind: "conflict",
    reason: "Busy",
    message: "words",
  });
  expect(through(new TypeError("bug"))).toMatchObject({ kind: "unknown", message: "bug" });
});
