// Which page is shown.
import { useCallback, useEffect, useState } from "preact/hooks";
import { Refusal, whenSignedOut } from "./api/client";
import type { Session } from "./api/words";
import { Frame } from "./frame";
import { stopListening } from "./live";
import { pageOf } from "./pages";
import { ErrorNotice } from "./parts/notice";
import { useRoute } from "./route";
import { currentSession, SessionContext } from "./session";
import { SignInPage } from "./sign_in_page";

type State = { is: "starting" } | { is: "out" } | { is: "unreachable"; error: Refusal } | SignedIn;
type SignedIn = { is: "in"; session: Session };

export function App() {
  const [state, setState] = useState<State>({ is: "starting" });
  const route = useRoute();
  const start = useCallback(() => {
    currentSession().then(
      (session) => setState({ is: "in", session }),
      (cause) => {
        const isOut = cause instanceof Refusal && cause.status === 401;
        const error = cause instanceof Refusal ? cause : new Refusal(0, "", String(cause));
        setState(isOut ? { is: "out" } : { is: "unreachable", error });
      },
    );
  }, []);
  useEffect(() => {
    whenSignedOut(() => {
      stopListening();
      setState({ is: "out" });
    });
    start();
  }, [start]);
  if (state.is === "starting") return <p class="unseen">Loading</p>;
  if (state.is === "unreachable") {
    return (
      <main>
        <ErrorNotice error={state.error} retry={start} />
      </main>
    );
  }
  if (state.is === "out") {
    return <SignInPage onSignedIn={(session) => setState({ is: "in", session })} />;
  }
  const page = pageOf(route);
  return (
    <SessionContext.Provider value={state.session}>
      <Frame
        route={route}
        onSignedOut={() => {
          stopListening();
          setState({ is: "out" });
        }}
      >
        <div key={page.key}>{page.element}</div>
      </Frame>
    </SessionContext.Provider>
  );
}
