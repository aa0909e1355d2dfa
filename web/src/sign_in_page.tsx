// Who are you? A password makes a session; there is no default one.
import { useState } from "preact/hooks";
import type { Session } from "./api/words";
import { useDeed } from "./load";
import { TextField } from "./parts/field";
import { ErrorNotice } from "./parts/notice";
import { Otter } from "./parts/otter";
import { signIn } from "./session";

export function SignInPage({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const deed = useDeed();
  const submit = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => onSignedIn(await signIn(name, password)));
  };
  return (
    <main class="sign-in">
      <form class="card sign-in-card" onSubmit={submit}>
        <div class="sign-in-brand">
          <Otter />
          <h1>Sign in to Otter</h1>
        </div>
        <TextField
          label="Account"
          value={name}
          onValue={setName}
          autocomplete="username"
          required
        />
        <TextField
          label="Password"
          type="password"
          value={password}
          onValue={setPassword}
          autocomplete="current-password"
          required
        />
        <ErrorNotice error={deed.error} />
        <button class="main" type="submit" disabled={deed.isBusy}>
          {deed.isBusy ? "Signing in" : "Sign in"}
        </button>
        <details class="small">
          <summary>I have no password yet</summary>
          <p class="soft">
            No account has one from the start. On the server's machine, write one of at least 15
            characters into a file and give it to an account:
          </p>
          <pre>otter account password admin --password-file FILE</pre>
        </details>
      </form>
    </main>
  );
}
