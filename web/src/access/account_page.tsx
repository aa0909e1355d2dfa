// One's own account: who one is, and a new password.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useDeed } from "../load";
import { TextField } from "../parts/field";
import { ErrorNotice, Notice } from "../parts/notice";
import { Card, Facts, Page } from "../parts/page";
import { Time } from "../parts/time";
import { useSession } from "../session";

export function AccountPage() {
  const session = useSession();
  const [password, setPassword] = useState("");
  const [wanted, setWanted] = useState("");
  const [isDone, setDone] = useState(false);
  const deed = useDeed();
  const change = async (event: Event) => {
    event.preventDefault();
    const well = await deed.run(async () => {
      const body = { password, new_password: wanted };
      await api.post("/api/v1/session/password", { body });
    });
    setDone(well);
    if (!well) return;
    setPassword("");
    setWanted("");
  };
  return (
    <Page title="Your account">
      <Card>
        <Facts
          rows={[
            ["Account", session.account],
            ["Role", session.role],
            ["Product", session.product ?? "all"],
            ["This session ends", <Time key="ends" at={session.expires} />],
          ]}
        />
      </Card>
      <Card title="Change your password">
        <form class="stack form" onSubmit={change}>
          <TextField
            label="Password now"
            type="password"
            autocomplete="current-password"
            value={password}
            onValue={setPassword}
            required
          />
          <TextField
            label="New password"
            type="password"
            autocomplete="new-password"
            hint="At least 15 characters. Your other sessions end."
            value={wanted}
            onValue={setWanted}
            minLength={15}
            required
          />
          <ErrorNotice error={deed.error} />
          {isDone && (
            <div role="status">
              <Notice tone="good">Your password is changed.</Notice>
            </div>
          )}
          <div>
            <button class="main" type="submit" disabled={deed.isBusy}>
              Change it
            </button>
          </div>
        </form>
      </Card>
    </Page>
  );
}
