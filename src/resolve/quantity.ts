/**
 * Kubernetes quantities, exactly. A value is a bigint of nano units, the finest step that
 * k8s.io/apimachinery/pkg/api/resource keeps; what is finer is rounded away from zero, as there.
 */
export const nano = 1_000_000_000n;

const binaryExponents = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n } as const;
const decimalExponents = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 } as const;

const syntax = /^([+-]?)(?=\.?[0-9])([0-9]*)\.?([0-9]*)([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]+)$/;

/** Beyond it no quantity has a meaning, and 10 to a power of many digits would stop the process. */
const largestExponent = 99;

/** Longer ones mean nothing, and would cost time that grows with the square of their length. */
const longestText = 128;

/** Nano units, or `undefined` when the text is no quantity. */
export function parseQuantity(text: string): bigint | undefined {
  const match = text.length > longestText ? null : syntax.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  const scale = scaleOf(suffix);
  if (scale === undefined) return undefined;
  const value = divideUp(
    BigInt(whole + fraction) * nano * scale.times,
    10n ** BigInt(fraction.length) * scale.dividedBy,
  );
  return sign === "-" ? -value : value;
}

/** The smallest integer that is not less than `value` counted in `unit`s. Both in nano units, `unit` above 0. */
export function divideUp(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  return value > 0n && value % unit !== 0n ? quotient + 1n : quotient;
}

/** Cores, with fractions. */
export function cores(value: bigint): number {
  return Number(value) / Number(nano);
}

/** Whole bytes, rounded up. */
export function bytes(value: bigint): number {
  return Number(divideUp(value, nano));
}

function scaleOf(suffix: string): { times: bigint; dividedBy: bigint } | undefined {
  if (suffix in binaryExponents) {
    return { times: 1n << binaryExponents[suffix as keyof typeof binaryExponents], dividedBy: 1n };
  }
  const exponent =
    suffix in decimalExponents ? decimalExponents[suffix as keyof typeof decimalExponents] : Number(suffix.slice(1));
  if (exponent > largestExponent || exponent < -largestExponent) return undefined;
  return exponent >= 0
    ? { times: 10n ** BigInt(exponent), dividedBy: 1n }
    : { times: 1n, dividedBy: 10n ** BigInt(-exponent) };
}
