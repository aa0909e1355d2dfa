// The server's API, typed by its OpenAPI document: a path that it doesn't have, a parameter that is
// missing and a member that no answer has are errors of the compiler. The session is the browser's
// cookie; what changes something brings the session's CSRF token, which is kept in memory alone.
import type { paths } from "./openapi";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Json<R> = R extends { content: { "application/json": infer J } } ? J : never;
type Success<R> = { [S in keyof R]: S extends 200 | 201 ? Json<R[S]> : never }[keyof R];
type Answer<O> = O extends { responses: infer R } ? Success<R> : never;
type InPath<O> = O extends { parameters: { path: infer P } } ? { path: P } : { path?: never };
type InQuery<O> = O extends { parameters: { query?: infer Q } } ? { query?: Q } : { query?: never };
type InBody<O> = O extends { requestBody: { content: { "application/json": infer B } } }
  ? { body: B }
  : O extends { requestBody?: { content: { "application/json": infer B } } }
    ? { body?: B }
    : { body?: never };
type Asked<O> = InPath<O> & InQuery<O> & InBody<O> & { signal?: AbortSignal };
type Loose = {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  signal?: AbortSignal;
};

// A refusal in the server's own words: docs/spec/problems.md. `status` 0: the server can't be
// reached.
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

let csrfToken = "";
let onSignedOut = () => {};

export function useCsrfToken(token: string) {
  csrfToken = token;
}
// Told when the server says that nobody is signed in.
export function whenSignedOut(tell: () => void) {
  onSignedOut = tell;
}

async function refusalOf(response: Response): Promise<Refusal> {
  try {
    const problem = (await response.json()) as { code?: string; detail?: string };
    return new Refusal(response.status, problem.code ?? "", problem.detail ?? response.statusText);
  } catch {
    return new Refusal(response.status, "", `The server answered ${response.status}.`);
  }
}

export async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (init.method !== "GET") headers.set("X-CSRF-Token", csrfToken);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, credentials: "same-origin" });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Refusal(0, "unreachable", "The server can't be reached. Is it running?");
  }
  if (response.ok) return response;
  const refusal = await refusalOf(response);
  if (refusal.status === 401 && path !== "/api/v1/session") onSignedOut();
  throw refusal;
}

function target(path: string, asked: Loose): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(asked.path?.[name] ?? "")),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked.query ?? {})) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  // A "+" is no blank in the server's eyes: RFC 3986.
  const text = query.toString().replaceAll("+", "%20");
  return text === "" ? filled : `${filled}?${text}`;
}

async function ask(method: string, path: string, asked: Loose): Promise<unknown> {
  const init: RequestInit = { method, signal: asked.signal ?? null };
  if (method === "POST" || method === "PUT" || method === "PATCH") {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(asked.body ?? {});
  }
  return (await send(target(path, asked), init)).json();
}

function verb<M extends Method>(method: M) {
  return <P extends PathsWith<M>>(path: P, asked: Asked<paths[P][M]>) =>
    ask(method.toUpperCase(), path, asked as Loose) as Promise<Answer<paths[P][M]>>;
}

export const api = {
  get: verb("get"),
  post: verb("post"),
  put: verb("put"),
  patch: verb("patch"),
  delete: verb("delete"),
};
