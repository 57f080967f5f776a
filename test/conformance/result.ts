/** What a suite says of its tests, whoever wrote it. */
export interface SuiteResult {
  readonly title: string;
  readonly seconds: number;
  readonly tests: readonly TestResult[];
}

export interface TestResult {
  /** As the suite calls it. */
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** What the suite said of a failure, in its own words. */
  readonly message: string | undefined;
}
