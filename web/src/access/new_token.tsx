// A token for a program: for an account, perhaps for one product alone, for some days.
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useDeed, useLoad } from "../load";
import { SelectField, TextField } from "../parts/field";
import { ErrorNotice } from "../parts/notice";
import { Card } from "../parts/page";
import { kDay } from "../text";

export function NewToken({
  accounts,
  onToken,
}: {
  accounts: string[];
  onToken: (token: string) => void;
}) {
  const [account, setAccount] = useState(accounts[0] ?? "");
  const [product, setProduct] = useState("");
  const [days, setDays] = useState("90");
  const deed = useDeed();
  const products = useLoad(
    (signal) => api.get("/api/v1/products", { query: { limit: 1000 }, signal }),
    [],
  );
  const make = (event: Event) => {
    event.preventDefault();
    void deed.run(async () => {
      const expires = days === "" ? null : Math.floor(Date.now() / 1000) + Number(days) * kDay;
      const made = await api.post("/api/v1/tokens", {
        body: {
          account,
          ...(product !== "" && { product }),
          ...(expires !== null && { expires }),
        },
      });
      onToken(made.token);
    });
  };
  const names = products.data?.products.map((one) => one.name) ?? [];
  return (
    <Card title="Make a token">
      <form class="stack form" onSubmit={make}>
        <SelectField
          label="Account"
          value={account}
          options={accounts.map((name) => [name, name])}
          onValue={setAccount}
        />
        <SelectField
          label="Product"
          hint="A token for one product is at most a publisher's, and sees nothing of another."
          value={product}
          options={[["", "all products"], ...names.map((name): [string, string] => [name, name])]}
          onValue={setProduct}
        />
        <TextField
          label="Days until it expires"
          type="number"
          hint="Empty: never."
          value={days}
          onValue={setDays}
        />
        <ErrorNotice error={deed.error} />
        <div>
          <button class="main" type="submit" disabled={deed.isBusy}>
            Make the token
          </button>
        </div>
      </form>
    </Card>
  );
}
