import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, cores, divideUp, nano, parseQuantity } from "./quantity.ts";

// What k8s.io/apimachinery v0.36.3 makes of these texts (resource.ParseQuantity, unscaled at nano).
test.for<[text: string, nanos: bigint | undefined]>([
  ["0", 0n],
  ["1", 1_000_000_000n],
  ["+1", 1_000_000_000n],
  ["-1", -1_000_000_000n],
  ["1.5", 1_500_000_000n],
  [".5", 500_000_000n],
  ["5.", 5_000_000_000n],
  ["007", 7_000_000_000n],
  ["1n", 1n],
  ["1u", 1_000n],
  ["1m", 1_000_000n],
  ["1k", 1_000_000_000_000n],
  ["1M", 1_000_000_000_000_000n],
  ["1G", 1_000_000_000_000_000_000n],
  ["1T", 1_000_000_000_000_000_000_000n],
  ["1P", 1_000_000_000_000_000_000_000_000n],
  ["1E", 1_000_000_000_000_000_000_000_000_000n],
  ["1Ki", 1_024_000_000_000n],
  ["1Mi", 1_048_576_000_000_000n],
  ["1Gi", 1_073_741_824_000_000_000n],
  ["1Ti", 1_099_511_627_776_000_000_000n],
  ["1Pi", 1_125_899_906_842_624_000_000_000n],
  ["1Ei", 1_152_921_504_606_846_976_000_000_000n],
  ["1e3", 1_000_000_000_000n],
  ["1E3", 1_000_000_000_000n],
  ["1e-3", 1_000_000n],
  ["1E+2", 100_000_000_000n],
  ["1e+07", 10_000_000_000_000_000n],
  ["12e6", 12_000_000_000_000_000n],
  ["1.5Ki", 1_536_000_000_000n],
  ["0.5m", 500_000n],
  ["100.035k", 100_035_000_000_000n],
  ["3.141592653589793Mi", 3_294_198_658_330_571n],
  ["0.1n", 1n],
  ["-0.1n", -1n],
  ["1.000000001", 1_000_000_001n],
  ["1.0000000001", 1_000_000_001n],
  ["", undefined],
  [" 1", undefined],
  ["1 ", undefined],
  ["1\n", undefined],
  ["1K", undefined],
  ["1mi", undefined],
  ["1.2.3", undefined],
  ["1.1.M", undefined],
  ["1e", undefined],
  ["1ee3", undefined],
  ["--1", undefined],
  ["1x", undefined],
  ["0.1mi", undefined],
  ["1i", undefined],
  [".", undefined],
  ["-", undefined],
  ["1e100", undefined],
  ["1e-100", undefined],
])("%j is %s nano units", ([text, nanos]) => {
  expect(parseQuantity(text)).toBe(nanos);
});

const suffixes = {
  n: 1n,
  u: 10n ** 3n,
  m: 10n ** 6n,
  "": 10n ** 9n,
  k: 10n ** 12n,
  M: 10n ** 15n,
  G: 10n ** 18n,
  T: 10n ** 21n,
  P: 10n ** 24n,
  E: 10n ** 27n,
  Ki: nano << 10n,
  Mi: nano << 20n,
  Gi: nano << 30n,
  Ti: nano << 40n,
  Pi: nano << 50n,
  Ei: nano << 60n,
} as const;

test("a whole number with any suffix is exact, whatever its size", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.constantFrom(...Object.entries(suffixes)), (number, [suffix, unit]) => {
      fc.pre(`${number}`.length < 100);
      expect(parseQuantity(`${number}${suffix}`)).toBe(number * unit);
    }),
  );
});

test("a number written with decimal exponent is the number written out", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 40 }), fc.constantFrom("e", "E", "e+"), (number, exponent, e) => {
      expect(parseQuantity(`${number}${e}${exponent}`)).toBe(parseQuantity(`${number}${"0".repeat(exponent)}`));
    }),
  );
});

test("every nano unit can be written and read back", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 1n << 80n }), (nanos) => {
      const fraction = `${nanos % nano}`.padStart(9, "0");
      expect(parseQuantity(`${nanos / nano}.${fraction}`)).toBe(nanos);
    }),
  );
});

test("a text too long to mean anything is refused at once", () => {
  expect(parseQuantity("1".repeat(1_000_000))).toBeUndefined();
  expect(parseQuantity("1".repeat(129))).toBeUndefined();
  expect(parseQuantity("1".repeat(128))).toBe(BigInt("1".repeat(128)) * nano);
  expect(parseQuantity("1e99")).toBe(10n ** 99n * nano);
  expect(parseQuantity("1e-99")).toBe(1n);
});

test("division rounds up to the next whole unit", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(1n << 90n), max: 1n << 90n }),
      fc.bigInt({ min: 1n, max: 1n << 60n }),
      (value, unit) => {
        const result = divideUp(value, unit);
        expect(result * unit >= value).toBe(true);
        expect((result - 1n) * unit < value).toBe(true);
      },
    ),
  );
});

test("cores keep their fraction, bytes are whole and rounded up", () => {
  expect(cores(parseQuantity("250m") ?? 0n)).toBe(0.25);
  expect(bytes(parseQuantity("64Mi") ?? 0n)).toBe(67_108_864);
  expect(bytes(parseQuantity("1500m") ?? 0n)).toBe(2);
});
