// What a server does around fleet::Book for sim/fleet_world.h: keeps records and outcomes, notes,
// proposes, loses what it had not kept when it stops. One thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/book.h"
#include "sim/fleet_board.h"
#include "sim/fleet_world.h"

namespace otter::sim {

class FleetServer : public fleet::Roster {
 public:
  FleetServer(const FleetPlan& plan, const std::vector<Board>& boards);

  void add_rollout(size_t release, const fleet::Plan& plan);
  // What the board is offered; its part is kept by then.
  fleet::Choice check_in(const Board& board, int64_t now_s);
  void note(const Board& board, const BoardReport& report, int64_t now_s);
  void propose(int64_t now_s);
  void restart(int64_t now_s);
  fleet::Book::View view(size_t release, int64_t now_s);
  // By board; `skipped` where it has no part.
  std::vector<fleet::End> ends(size_t release);
  // Recounts what is counted.
  void check_tallies(int64_t now_s);

  std::vector<std::vector<FleetHalt>> halts;  // by release
  std::vector<std::string> violations;

  std::vector<fleet::Member> members(const fleet::Plan& plan) override;
  std::vector<fleet::Vitals> vitals(const std::vector<std::string>& devices) override;

 private:
  class Visitor;
  void open_book();
  void keep(const fleet::PartRecord& record);
  void adopt(const fleet::RolloutRecord& record, int64_t now_s);
  void check_start(const fleet::PartRecord& record, int64_t now_s);
  void violate(const std::string& what);
  size_t index_of(const std::string& device) const { return indices_.at(device); }

  const FleetPlan& plan_;
  const std::vector<Board>& boards_;
  std::unique_ptr<fleet::Book> book_;
  std::vector<std::string> ids_;                     // of rollouts, by release; empty: not yet
  std::vector<std::string> sites_;                   // by number
  std::unordered_map<std::string, size_t> indices_;  // of boards, by id
  std::unordered_map<std::string, fleet::RolloutRecord> records_;
  std::unordered_map<std::string, std::unordered_map<std::string, fleet::PartRecord>> parts_;
  std::vector<std::vector<uint8_t>> outcomes_;  // by release and board: a word plus 1, or 0
};

}  // namespace otter::sim
