// The smaller ways to a release's image, and what each saves a device.
import type { ShownRelease } from "../api/words";
import { Empty } from "../parts/notice";
import { Card } from "../parts/page";
import { Scroll } from "../parts/scroll";
import { bytes, count, share } from "../text";

export function PatchesCard({ release }: { release: ShownRelease }) {
  const { patches, patches_pending: pending, size } = release;
  const aside = pending > 0 ? `${count(pending)} still being made` : `in place of ${bytes(size)}`;
  return (
    <Card title="Patches" aside={aside} flush>
      {patches.length === 0 ? (
        <Empty title={pending > 0 ? "None yet" : "Devices take the whole image"}>
          <p>
            The server makes patches from what its devices run, for those that have memory for them.
          </p>
        </Empty>
      ) : (
        <Scroll label="Patches">
          <table class="cards">
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" class="number">
                  Memory needed
                </th>
                <th scope="col" class="number">
                  Download
                </th>
                <th scope="col" class="number">
                  Saved
                </th>
              </tr>
            </thead>
            <tbody>
              {patches.map((patch) => (
                <tr key={patch.sha256}>
                  <td>{patch.from ?? "any version, compressed"}</td>
                  <td class="number" data-label="Memory needed">
                    {bytes(patch.memory)}
                  </td>
                  <td class="number" data-label="Download">
                    {bytes(patch.size)}
                  </td>
                  <td class="number" data-label="Saved">
                    {share(size - patch.size, size)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Card>
  );
}
