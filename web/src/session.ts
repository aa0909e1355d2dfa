// Who is signed in.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { api, useCsrfToken } from "./api/client";
import { mayAct, type Role, type Session } from "./api/words";

function begin(session: Session): Session {
  useCsrfToken(session.csrf_token ?? "");
  return session;
}

export async function currentSession(): Promise<Session> {
  return begin(await api.get("/api/v1/session", {}));
}

export async function signIn(name: string, password: string): Promise<Session> {
  return begin(await api.post("/api/v1/session", { body: { name, password } }));
}

export async function signOut(): Promise<void> {
  await api.delete("/api/v1/session", {});
  useCsrfToken("");
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("nobody is signed in");
  return session;
}

// What the server would refuse anyway is not offered.
export function useMay(needed: Role): boolean {
  return mayAct(useSession().role, needed);
}
