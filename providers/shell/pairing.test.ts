import fc from "fast-check";
import { expect, test } from "vitest";
import { choice, COVER, createPairing, HIDDEN, withoutChoices } from "./pairing.ts";

/** As the programs of the shell do it. */
function apart(bytes: Uint8Array): { data: Buffer; choices: Buffer } {
  const data = Buffer.from(bytes).map((byte) => (byte === HIDDEN ? COVER : byte)) as Buffer;
  const doubtful = Buffer.from(bytes).filter((byte) => byte === HIDDEN || byte === COVER);
  const choices = Buffer.from(doubtful.map((byte) => (byte === HIDDEN ? choice.hidden : choice.cover)));
  return { data: Buffer.concat([data, Buffer.of(HIDDEN), Buffer.from("\n\n\n\n")]), choices };
}

const bytes = fc
  .array(fc.oneof(fc.nat(255), fc.constantFrom(COVER, HIDDEN, 0xef, 0xbd)))
  .map((all) => Uint8Array.from(all));

test("both streams make the bytes again, however they are cut and whichever comes first", () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (original, turns) => {
      const pairing = createPairing();
      let { data, choices } = apart(original);
      const got: Buffer[] = [];
      for (const [isData, length] of [...turns, [true, Infinity] as const, [false, Infinity] as const]) {
        expect(pairing.whole && original.length > Buffer.concat(got).length).toBe(false);
        if (isData) {
          got.push(...pairing.data(data.subarray(0, length)));
          data = data.subarray(length);
        } else {
          got.push(...pairing.choices(choices.subarray(0, length)));
          choices = choices.subarray(length);
        }
      }
      expect(Buffer.concat(got).equals(Buffer.from(original))).toBe(true);
      expect(pairing.whole).toBe(true);
    }),
  );
});

test("what is certain is told at once, and without its end nothing is whole", () => {
  const pairing = createPairing();
  expect(pairing.data(Buffer.from("ab\xbecd\xbee", "latin1")).map(String)).toEqual(["ab"]);
  expect(pairing.choices(Buffer.from("?"))).toEqual([Buffer.from("\xbfcd", "latin1")]);
  expect(pairing.choices(Buffer.from("!"))).toEqual([Buffer.from("\xbee", "latin1")]);
  expect(pairing.whole).toBe(false);
  expect(pairing.data(Buffer.from("\xbf\n", "latin1"))).toEqual([]);
  expect(pairing.whole).toBe(true);
});

test("choices are told from the records among which they come", () => {
  const { choices, rest } = withoutChoices(Buffer.from(";a!Gk?=\n!"));
  expect([String(choices), String(rest)]).toEqual(["!?!", ";aGk=\n"]);
});
