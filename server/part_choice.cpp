#include "server/part_choice.h"

#include "server/problem.h"
#include "server/rollouts.h"

namespace otter::server {
namespace {

bool is_chosen(const PartChoice& choice, const fleet::PartRecord& part) {
  if (choice.only_measured && !part.pair.is_over) return false;
  return !choice.end.has_value() || part.part.end == *choice.end;
}

}  // namespace

PartChoice part_choice(const Call& call) {
  PartChoice choice;
  const std::string end = parameter(call, "end");
  choice.end = fleet::end_named(end);
  if (!end.empty() && !choice.end.has_value()) {
    throw HttpError(Problem::bad_query, "there is no end " + end);
  }
  const std::string measured = parameter(call, "measured");
  if (!measured.empty() && measured != "true") {
    throw HttpError(Problem::bad_query, "\"measured\" can only be true");
  }
  choice.only_measured = !measured.empty();
  return choice;
}

std::vector<fleet::PartRecord> chosen_parts(const Call& call, const std::string& rollout,
                                            const Page& page, const PartChoice& choice) {
  std::vector<fleet::PartRecord> found;
  std::string after = page.after.empty() ? "" : page.after[0];
  while (true) {
    const std::vector<fleet::PartRecord> read =
        call.backend.rollouts.book().parts(rollout, after, kPageSizeMax);
    for (const fleet::PartRecord& part : read) {
      if (is_chosen(choice, part)) found.push_back(part);
      if (found.size() == page.count_to_read()) return found;
    }
    if (read.size() < kPageSizeMax) return found;
    after = read.back().device;
  }
}

}  // namespace otter::server
