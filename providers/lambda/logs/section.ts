/**
 * The lines of one invocation, or of all runs of one event, in the stream of its environment. An environment runs one invocation at a time, so all between
 * Lambda's START and REPORT belongs to one, whether it names it or not (but on Managed Instances, which share an
 * environment). Pure.
 */
export interface Section {
  /** The next line of the stream; what of it, and of what was held back, belongs to the invocation. */
  add<Line extends { readonly message: string }>(line: Line): readonly Line[];
  /** Its last line was added; never of many. */
  readonly isOver: boolean;
}

/**
 * `texts`: what a line of the invocation has and no line of another one: its id, or what the function has written of it. An
 * event may be run several times in one environment, under one id: `isMany`, then all of them count.
 */
export function createSection(texts: readonly string[], isMany = false): Section {
  let held: { readonly message: string }[] = [];
  let isFound = false;
  let isOver = false;
  return {
    get isOver() {
      return isOver;
    },
    add<Line extends { readonly message: string }>(line: Line): readonly Line[] {
      const { message } = line;
      if (isOver) return [];
      if (isStart(message)) {
        held = [];
        isOver = isFound && !isMany;
        isFound = false;
        if (isOver) return [];
      }
      held.push(line);
      isFound ||= texts.some((text) => message.includes(text));
      if (!isFound) return [];
      const found = held as Line[];
      held = [];
      if (isReport(message)) {
        isFound = false;
        isOver = !isMany;
      }
      return found;
    },
  };
}

/** In format Text, and in format JSON (type of AWS's description of the Telemetry API). */
const isStart = (line: string): boolean => line.startsWith("START RequestId: ") || isPlatform(line, "platform.start");
const isReport = (line: string): boolean =>
  line.startsWith("REPORT RequestId: ") || isPlatform(line, "platform.report");

function isPlatform(line: string, type: string): boolean {
  return line.startsWith("{") && line.includes(`"${type}"`) && typeIn(line) === type;
}

function typeIn(line: string): unknown {
  try {
    return (JSON.parse(line) as { type?: unknown }).type;
  } catch {
    return undefined;
  }
}
