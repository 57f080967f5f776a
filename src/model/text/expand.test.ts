import fc from "fast-check";
import { expect, test } from "vitest";
import { SecretText, Late } from "../secret-text.ts";
import { shown } from "../../../test/support/resolve-sources.ts";
import { expand } from "./expand.ts";

const variables: Readonly<Record<string, string>> = { A: "a", B: "", C: "$(A)", "D E": "de", "$(A": "odd" };
const lookup = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
const unlimited = Number.POSITIVE_INFINITY;

// What k8s.io/kubernetes v1.36.3 makes of these texts (third_party/forked/golang/expansion).
test.for<[text: string, expanded: string]>([
  ["", ""],
  ["$", "$"],
  ["$$", "$"],
  ["$$$", "$$"],
  ["$(A)", "a"],
  ["$$(A)", "$(A)"],
  ["$$$(A)", "$a"],
  ["x$(A)y", "xay"],
  ["$(B)", ""],
  ["$(C)", "$(A)"],
  ["$(MISSING)", "$(MISSING)"],
  ["$(A", "$(A"],
  ["$(A$(A)", "$(A$(A)"],
  ["$()", "$()"],
  ["$(D E)", "de"],
  ["$A", "$A"],
  ["$ü$(A)", "$üa"],
  ["($(A))", "(a)"],
  ["$(A)$(A)", "aa"],
  ["$(A))", "a)"],
  ["a$", "a$"],
  ["$(", "$("],
  ["$)$(A)", "$)a"],
  ["$$(MISSING)$(A)", "$(MISSING)a"],
  ["$(MISSING)$(A)", "$(MISSING)a"],
  ["😀$😀$(A)", "😀$😀a"],
  ["$($(A))", "odd)"],
  ["$$$$(A)$", "$$(A)$"],
])("%j expands to %j", ([text, expanded]) => {
  expect(expand(text, lookup, unlimited)).toBe(expanded);
});

test("what contains a secret is a secret, what contains a late value is late", () => {
  const values = { P: "plain", S: new SecretText("hush"), L: new Late([{ late: "podIP" }]) } as const;
  const of = (text: string) => expand(text, (name) => values[name as keyof typeof values], unlimited);
  expect(of("$(P)-$(P)")).toBe("plain-plain");
  expect(of("a$(S)b")).toBeInstanceOf(SecretText);
  expect(shown(of("a$(S)b$(P)") ?? "")).toBe("secret(ahushbplain)");
  expect(JSON.stringify([of("a$(S)b")])).toBe('["[secret]"]');
  expect(shown(of("http://$(L):80/$(S)") ?? "")).toBe("http://<podIP>:80/secret(hush)");
});

test("a text without references is never changed, but for doubled dollars", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(!text.includes("$$"));
      expect(expand(text, () => undefined, unlimited)).toBe(text);
    }),
  );
});

test("doubling every dollar protects any text", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[$()A-C ]*$/), (text) => {
      expect(expand(text.replaceAll("$", "$$$$"), lookup, unlimited)).toBe(text);
    }),
  );
});

test("what was put in is never looked at again, so that no text refers to itself for ever", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[$()AB]*$/), fc.stringMatching(/^[$()AB]*$/), (text, value) => {
      let lookups = 0;
      expand(text, () => ((lookups += 1), value), unlimited);
      expect(lookups).toBeLessThanOrEqual(text.length / 3);
    }),
  );
});

test("a text of half a million unclosed references costs no more than its length", () => {
  const text = "$(".repeat(500_000);
  expect(expand(text, lookup, unlimited)).toBe(text);
});

test("a result longer than the limit is none", () => {
  const secret = new SecretText("12345");
  expect(shown(expand("$(S)$(S)", () => secret, 10) ?? "")).toBe("secret(1234512345)");
  expect(expand("$(S)$(S)-", () => secret, 10)).toBeUndefined();
});
