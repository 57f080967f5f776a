/** What preflights of providers are made of: what is wrong with its fix, and what nobody could look at. */
import type { ProviderError } from "../provider-error.ts";

export interface Finding {
  readonly message: string;
  /** A command of the cloud's CLI, or what to write into the configuration. */
  readonly fix: string;
}

/** An answer, or why there is none. */
export type Known<T> = { readonly value: T; readonly trouble?: undefined } | { readonly trouble: ProviderError };

export async function known<T>(ask: () => Promise<T>, errorOf: (error: unknown) => ProviderError): Promise<Known<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { trouble: errorOf(error) };
  }
}

export function valueOf<T>(known: Known<T>): T | undefined {
  return known.trouble === undefined ? known.value : undefined;
}

/** What could not be looked at, and why: no failure, since the right to look is not needed to run pods. */
export interface Unknown {
  readonly what: string;
  readonly trouble: ProviderError;
}

export function unknownsIn(all: readonly (readonly [what: string, known: Known<unknown>])[]): readonly Unknown[] {
  return all.flatMap(([what, { trouble }]) => (trouble === undefined ? [] : [{ what, trouble }]));
}

/** Hands on those of them that it has not handed on before. */
export function once<T extends { readonly what: string }>(tell: (one: T) => void): (all: readonly T[]) => void {
  const told = new Set<string>();
  return (all) => {
    for (const one of all) {
      if (told.has(one.what)) continue;
      told.add(one.what);
      tell(one);
    }
  };
}
