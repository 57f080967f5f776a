const suffixes: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A number of bytes as Kubernetes writes it: `512Mi`, `1.5G`, `1048576`. */
export const bytesPattern = /^\d+(\.\d+)?([kMGTP]|[KMGTP]i)?$/;

/** Bytes of a quantity that matches `bytesPattern`. */
export function parseBytes(quantity: string): number {
  const suffix = quantity.replace(/^[\d.]+/, "");
  return Math.floor(Number.parseFloat(quantity) * (suffixes[suffix] ?? Number.NaN));
}
