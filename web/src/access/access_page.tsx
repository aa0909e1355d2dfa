// Who may use the server: accounts, their tokens and sessions.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Account, Role, Token } from "../api/words";
import { useDeed, useLoad } from "../load";
import { Badge } from "../parts/badge";
import { Dialog } from "../parts/dialog";
import { SelectField, TextField } from "../parts/field";
import { ErrorNotice, Notice } from "../parts/notice";
import { Card, Page, Ready } from "../parts/page";
import { Time } from "../parts/time";
import { NewToken } from "./new_token";

const kRoleChoices: [Role, string][] = [
  ["viewer", "viewer: looks"],
  ["operator", "operator: steers rollouts and devices"],
  ["publisher", "publisher: publishes releases, too"],
  ["admin", "admin: may all"],
];

function roleOf(text: string): Role {
  return kRoleChoices.find(([role]) => role === text)?.[0] ?? "viewer";
}

function NewAccount({ reload }: { reload: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [password, setPassword] = useState("");
  const deed = useDeed();
  const add = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      const body = { name, role, ...(password !== "" && { password }) };
      await api.post("/api/v1/accounts", { body });
      setName("");
      setPassword("");
      reload();
    });
  };
  return (
    <Card title="Add an account">
      <form class="stack form" onSubmit={add}>
        <TextField label="Name" value={name} onValue={setName} required />
        <SelectField
          label="Role"
          value={role}
          options={kRoleChoices}
          onValue={(value) => setRole(roleOf(value))}
        />
        <TextField
          label="Password"
          type="password"
          autocomplete="new-password"
          hint="At least 15 characters. Empty: it has none, and only tokens act for it."
          value={password}
          onValue={setPassword}
        />
        <ErrorNotice error={deed.error} />
        <div>
          <button class="main" type="submit" disabled={deed.isBusy}>
            Add the account
          </button>
        </div>
      </form>
    </Card>
  );
}

function AccountRow({ account, reload }: { account: Account; reload: () => void }) {
  const [asked, setAsked] = useState<"change" | "remove" | null>(null);
  const [role, setRole] = useState<Role>(account.role);
  const [password, setPassword] = useState("");
  const path = { account: account.name };
  return (
    <tr>
      <td data-label="Account">{account.name}</td>
      <td data-label="Role">{account.role}</td>
      <td data-label="Password">{account.has_password ? "yes" : <span class="soft">none</span>}</td>
      <td data-label="Made">
        <Time at={account.created} />
      </td>
      <td>
        <span class="row">
          <button type="button" onClick={() => setAsked("change")}>
            Change<span class="unseen"> {account.name}</span>
          </button>
          <button type="button" class="danger" onClick={() => setAsked("remove")}>
            Remove<span class="unseen"> {account.name}</span>
          </button>
        </span>
        {asked === "change" && (
          <Dialog
            title={`Change ${account.name}`}
            confirm="Save"
            onClose={() => setAsked(null)}
            onConfirm={async () => {
              const body = { role, ...(password !== "" && { password }) };
              await api.patch("/api/v1/accounts/{account}", { path, body });
              reload();
            }}
          >
            <p class="soft">It is signed out everywhere.</p>
            <SelectField
              label="Role"
              value={role}
              options={kRoleChoices}
              onValue={(value) => setRole(roleOf(value))}
            />
            <TextField
              label="New password"
              type="password"
              autocomplete="new-password"
              hint="At least 15 characters. Empty: it stays as it is."
              value={password}
              onValue={setPassword}
            />
          </Dialog>
        )}
        {asked === "remove" && (
          <Dialog
            title={`Remove ${account.name}?`}
            confirm="Remove"
            isDanger
            onClose={() => setAsked(null)}
            onConfirm={async () => {
              await api.delete("/api/v1/accounts/{account}", { path });
              reload();
            }}
          >
            <p>All its tokens and sessions end with it. What it did stays in the audit log.</p>
          </Dialog>
        )}
      </td>
    </tr>
  );
}

function Accounts({ accounts, reload }: { accounts: Account[]; reload: () => void }) {
  return (
    <Card title="Accounts" flush>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">Role</th>
            <th scope="col">Password</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map((account) => (
            <AccountRow key={account.name} account={account} reload={reload} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function TokenRow({ token, reload }: { token: Token; reload: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const isOver = token.expires !== null && token.expires * 1000 < Date.now();
  return (
    <tr>
      <td data-label="Kind">
        <span>
          {token.kind} <code class="soft">{token.id}</code>
        </span>
      </td>
      <td data-label="Account">
        {token.account}, {token.role}
      </td>
      <td data-label="Product">{token.product ?? <span class="soft">all</span>}</td>
      <td data-label="Used">
        <Time at={token.used} />
      </td>
      <td data-label="Expires">
        {isOver ? <Badge tone="none">expired</Badge> : <Time at={token.expires} />}
      </td>
      <td>
        <button type="button" class="danger" onClick={() => setOpen(true)}>
          {token.kind === "session" ? "End" : "Revoke"}
          <span class="unseen"> {token.id}</span>
        </button>
        {isOpen && (
          <Dialog
            title={`${token.kind === "session" ? "End the session" : "Revoke the token"} ${token.id}?`}
            confirm={token.kind === "session" ? "End it" : "Revoke it"}
            isDanger
            onClose={() => setOpen(false)}
            onConfirm={async () => {
              await api.delete("/api/v1/tokens/{token}", { path: { token: token.id } });
              reload();
            }}
          >
            <p>Whoever uses it is refused from now on.</p>
          </Dialog>
        )}
      </td>
    </tr>
  );
}

function Tokens({ tokens, reload }: { tokens: Token[]; reload: () => void }) {
  return (
    <Card title="Tokens and sessions" flush>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col">Account</th>
            <th scope="col">Product</th>
            <th scope="col">Used</th>
            <th scope="col">Expires</th>
            <th scope="col">
              <span class="unseen">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} reload={reload} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

export function AccessPage() {
  const access = useLoad(async (signal) => {
    const [accounts, tokens] = await Promise.all([
      api.get("/api/v1/accounts", { signal }),
      api.get("/api/v1/tokens", { signal }),
    ]);
    return { accounts: accounts.accounts, tokens: tokens.tokens };
  }, []);
  const [secret, setSecret] = useState("");
  return (
    <Page title="Access" lead="People sign in with a password; programs act with a token.">
      {secret !== "" && (
        <div role="status">
          <Notice tone="good">
            <strong>The new token, shown this once</strong>
            <code>{secret}</code>
            <span>
              <button type="button" onClick={() => setSecret("")}>
                I have it
              </button>
            </span>
          </Notice>
        </div>
      )}
      <Ready loaded={access}>
        {({ accounts, tokens }) => (
          <>
            <Accounts accounts={accounts} reload={access.reload} />
            <Tokens tokens={tokens} reload={access.reload} />
            <div class="columns">
              <NewAccount reload={access.reload} />
              <NewToken
                accounts={accounts.map((account) => account.name)}
                onToken={(token) => {
                  setSecret(token);
                  access.reload();
                }}
              />
            </div>
          </>
        )}
      </Ready>
    </Page>
  );
}
