#include "cli/examples.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "cli/command_tree.h"

namespace otter::cli {
namespace {

struct Example {
  const char* verb;
  const char* line;
};

// Of a verb that has verbs of its own it is what people begin with.
constexpr Example kExamples[] = {
    {"otter", "otter init --product lamp --chip esp32c3 && otter serve"},
    {"otter init", "otter init --name otter.example --product lamp --chip esp32c3"},
    {"otter serve", "otter serve --listen 0.0.0.0:8443"},
    {"otter backup", "otter backup /mnt/backup/otter.tar"},
    {"otter restore", "otter restore /mnt/backup/otter.tar --into /var/lib/otter"},
    {"otter fsck", "otter fsck --data otter-data"},
    {"otter doctor", "otter doctor --json"},
    {"otter top", "otter top --interval 10"},
    {"otter product", "otter product add lamp --chip esp32c3"},
    {"otter product add", "otter product add lamp --chip esp32c3 --json > lamp.json"},
    {"otter product list", "otter product list"},
    {"otter product show", "otter product show lamp"},
    {"otter product reports", "otter product reports lamp"},
    {"otter product key", "otter product key lamp"},
    {"otter product keys", "otter product keys lamp"},
    {"otter product revoke-key", "otter product revoke-key lamp 0123456789ab"},
    {"otter product set", "otter product set lamp --enrolment approve --plain off"},
    {"otter product approval", "otter product approval lamp on"},
    {"otter release", "otter release list --product lamp"},
    {"otter release list", "otter release list --product lamp"},
    {"otter release show", "otter release show lamp 1.2.0"},
    {"otter rollout start", "otter rollout start lamp 1.2.0 --template careful"},
    {"otter rollout list", "otter rollout list lamp"},
    {"otter rollout show", "otter rollout show lamp 1.2.0"},
    {"otter rollout devices", "otter rollout devices lamp 1.2.0"},
    {"otter rollout watch", "otter rollout watch lamp 1.2.0"},
    {"otter rollout gates",
     "otter rollout gates lamp 1.2.0 --failing-max 10 --metric latency_ms:less:5"},
    {"otter rollout approve", "otter rollout approve lamp 1.2.0 --reason 'seen on the bench'"},
    {"otter rollout pause", "otter rollout pause lamp 1.2.0 --reason 'weekend'"},
    {"otter rollout resume", "otter rollout resume lamp 1.2.0"},
    {"otter rollout halt", "otter rollout halt lamp 1.2.0 --reason 'calls from users'"},
    {"otter rollout advance", "otter rollout advance lamp 1.2.0"},
    {"otter rollout abort", "otter rollout abort lamp 1.2.0"},
    {"otter rollout back", "otter rollout back lamp 1.2.0"},
    {"otter experiment start",
     "otter experiment start lamp heap-1 --control --arm 1.2.0 --metric heap"},
    {"otter experiment list", "otter experiment list lamp"},
    {"otter experiment show", "otter experiment show lamp heap-1"},
    {"otter experiment devices", "otter experiment devices lamp heap-1"},
    {"otter experiment watch", "otter experiment watch lamp heap-1"},
    {"otter experiment stop", "otter experiment stop lamp heap-1 --reason 'boards get hot'"},
    {"otter experiment conclude", "otter experiment conclude lamp heap-1 --winner a"},
    {"otter experiment promote", "otter experiment promote lamp heap-1 --template careful"},
    {"otter device", "otter device list --filter 'tag = \"kitchen\" and seen_days > 7'"},
    {"otter device list", "otter device list --product lamp --outcome rolled_back"},
    {"otter device show", "otter device show lamp-7"},
    {"otter device reports", "otter device reports lamp-7"},
    {"otter device allow", "otter device allow --product lamp --file serials.txt"},
    {"otter device approve", "otter device approve lamp-7"},
    {"otter device revoke", "otter device revoke lamp-7"},
    {"otter device delete", "otter device delete lamp-7"},
    {"otter device tag", "otter device tag lamp-7 lamp-8 --add kitchen,beta --remove lab"},
    {"otter device set", "otter device set lamp-7 floor=3 site=berlin"},
    {"otter device export", "otter device export --filter 'product = \"lamp\"' > lamps.csv"},
    {"otter device import", "otter device import lamps.csv --dry-run"},
    {"otter device coredump", "otter device coredump show lamp-7 --elf build/lamp.elf"},
    {"otter device command", "otter device command lamp-7 reboot"},
    {"otter group set", "otter group set lamp kitchens --filter 'tag = \"kitchen\"'"},
    {"otter group list", "otter group list lamp"},
    {"otter group show", "otter group show lamp kitchens"},
    {"otter group remove", "otter group remove lamp kitchens"},
    {"otter config set", "otter config set lamp values.json"},
    {"otter config add", "otter config add lamp values.json"},
    {"otter config use", "otter config use lamp 3"},
    {"otter config rollout", "otter config rollout lamp 3 --template careful"},
    {"otter config show", "otter config show lamp"},
    {"otter config layers", "otter config layers lamp"},
    {"otter config unset", "otter config unset lamp --group kitchens"},
    {"otter account add", "otter account add ada --role operator --password-file -"},
    {"otter account list", "otter account list"},
    {"otter account role", "otter account role ada publisher"},
    {"otter account password", "otter account password ada --password-file -"},
    {"otter account sign-out", "otter account sign-out ada"},
    {"otter account remove", "otter account remove ada"},
    {"otter token make", "otter token make ci --product lamp --days 90 --out ci.token"},
    {"otter token list", "otter token list --account ci"},
    {"otter token revoke", "otter token revoke 0123456789ab"},
    {"otter audit list", "otter audit list"},
    {"otter audit export", "otter audit export --out audit.jsonl"},
    {"otter audit verify", "otter audit verify audit.jsonl"},
    {"otter delta", "otter delta make 1.0.0.bin 1.0.1.bin -o 1.0.1.patch"},
    {"otter image", "otter image info build/firmware.bin"},
    {"otter keys", "otter keys make release-3.pem"},
    {"otter keys show", "otter keys show release-3.pem.pub"},
    {"otter keys register", "otter keys register release-3.pem.pub"},
    {"otter keys list", "otter keys list"},
    {"otter keys root", "otter keys root show root-1.otr"},
    {"otter keys root show", "otter keys root show root-1.otr"},
    {"otter keys root publish", "otter keys root publish root-2.otr"},
    {"otter keys trust", "otter keys trust show trust-2.otr"},
    {"otter keys trust show", "otter keys trust show trust-2.otr"},
    {"otter keys trust publish", "otter keys trust publish trust-2.otr"},
    {"otter keys epoch", "otter keys epoch"},
    {"otter keys rotate-epoch", "otter keys rotate-epoch"},
    {"otter certs", "otter certs show"},
    {"otter certs make", "otter certs make --folder certs --name otter.example"},
    {"otter certs renew", "otter certs renew --name otter.example"},
    {"otter certs show", "otter certs show --folder otter-data/certs"},
    {"otter sim", "otter sim fault corrupt"},
    {"otter sim device",
     "otter sim device --flash lamp-1.bin --create --chip esp32c3 --firmware lamp-1.0.0.bin "
     "--id lamp-1 --server https://localhost:8443 --ca otter-data/certs/ca.crt "
     "--release-key otter-data/keys/release-1.pem.pub --until confirmed"},
    {"otter sim flash", "otter sim flash info lamp-1.bin"},
    {"otter sim flash info", "otter sim flash info lamp-1.bin"},
    {"otter sim exhaust", "otter sim exhaust --quick"},
    {"otter sim run", "otter sim run 123 --scenario rollback --cut 57:torn:random:1"},
    {"otter sim update", "otter sim update --seed 7"},
    {"otter sim reachability", "otter sim reachability --rules mixed"},
    {"otter sim fault", "otter sim fault power --json"},
    {"otter sim fleet", "otter sim fleet --devices 10000 --days 30"},
    {"otter rehearse", "otter rehearse plan.json --fault crash-later --limit 5%"},
    {"otter completion",
     "otter completion bash > ~/.local/share/bash-completion/completions/otter"},
    {"otter man", "otter man | man -l -"},
};

void add_to(CLI::App& app, const std::string& path,
            const std::map<std::string, std::string>& lines) {
  const auto found = lines.find(path);
  const std::string footer = app.get_footer();
  if (found != lines.end() && footer.find("Example") == std::string::npos) {
    app.footer((footer.empty() ? "" : footer + "\n") + "Example: " + found->second);
  }
  for (CLI::App* verb : verbs_in(app)) add_to(*verb, path + " " + verb->get_name(), lines);
}

}  // namespace

void add_examples(CLI::App& app) {
  std::map<std::string, std::string> lines;
  for (const Example& example : kExamples) lines[example.verb] = example.line;
  add_to(app, "otter", lines);
}

}  // namespace otter::cli
