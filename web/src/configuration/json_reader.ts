// JSON as a person types it and a device reads it: docs/spec/json.md. What a device would refuse is
// refused here with its line. Pure.
export type Json = null | boolean | number | string | Json[] | Values;
export interface Values {
  [name: string]: Json;
}

const kDepthMax = 3; // of objects and lists: the configuration around the values is one more
const kIntegerMax = 2n ** 53n;
const kString = /"(?:[^"\\]|\\.)*"/y;
const kNumber = /-?(?:0|[1-9]\d*)/y;
const kWord = /true|false|null/y;
const kSpace = /[ \t\r\n]*/y;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  fail(what: string, at = this.at): never {
    const lines = this.text.slice(0, at).split("\n");
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new Error(`line ${lines.length}, column ${column}: ${what}`);
  }

  // The next character that is no white space; empty: the end.
  next(): string {
    this.match(kSpace);
    return this.text.charAt(this.at);
  }

  wrong(expected: string): never {
    const found = this.next();
    return this.fail(`expected ${expected}, found ${found === "" ? "the end" : found}`);
  }

  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at += found[0].length;
    return found[0];
  }

  takes(character: string): boolean {
    if (this.next() !== character) return false;
    this.at += 1;
    return true;
  }

  value(depth: number): Json {
    const first = this.next();
    if (first === "{" || first === "[") {
      if (depth > kDepthMax) this.fail(`more than ${kDepthMax} objects and lists in each other`);
      return first === "{" ? this.object(depth) : this.list(depth);
    }
    if (first === '"') return this.string();
    if (/[-\d]/.test(first)) return this.integer();
    return JSON.parse(this.match(kWord) ?? this.wrong("a value")) as Json;
  }

  string(): string {
    const begin = this.at;
    try {
      return JSON.parse(this.match(kString) ?? "") as string;
    } catch {
      return this.fail("this text has no end on its line, or a \\ where none may be", begin);
    }
  }

  integer(): number {
    const begin = this.at;
    const found = this.match(kNumber);
    if (found === null || /[.eE]/.test(this.text.charAt(this.at))) {
      this.fail("numbers are whole, and a text stands in double quotes", begin);
    }
    const value = BigInt(found);
    if (value > kIntegerMax || value < -kIntegerMax) this.fail("the number is too large", begin);
    return Number(found);
  }

  list(depth: number): Json[] {
    const found: Json[] = [];
    this.takes("[");
    if (this.takes("]")) return found;
    do found.push(this.value(depth + 1));
    while (this.takes(","));
    if (!this.takes("]")) this.wrong("a comma or ]");
    return found;
  }

  object(depth: number): Values {
    const found = new Map<string, Json>();
    this.takes("{");
    if (this.takes("}")) return {};
    do {
      if (this.next() !== '"') this.wrong("a name in double quotes");
      const begin = this.at;
      const name = this.string();
      if (found.has(name)) this.fail(`"${name}" is there twice`, begin);
      if (!this.takes(":")) this.wrong("a colon");
      found.set(name, this.value(depth + 1));
    } while (this.takes(","));
    if (!this.takes("}")) this.wrong("a comma or }");
    return Object.fromEntries(found);
  }

  whole(): Json {
    const value = this.value(1);
    if (this.next() !== "") this.wrong("the end");
    return value;
  }
}

// Errors: Error with line, column and what is wrong there
export function readJson(text: string): Json {
  return new Reader(text).whole();
}

export function isValues(value: Json | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Errors: those of readJson(), and if it is no object
export function readValues(text: string): Values {
  const value = readJson(text);
  if (!isValues(value)) throw new Error("The values are one object: { ... }");
  return value;
}

// One value as a person types it: what does not look like JSON is a text.
//
// Errors: those of readJson()
export function readValue(text: string): Json {
  const typed = text.trim();
  if (/^[{["\d-]/.test(typed) || /^(true|false|null)$/.test(typed)) return readJson(typed);
  return typed;
}
