// What single_node_replicas does with log and writer thread, done in one queue.
#include "tests/actors/fake_replicas.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/check.hpp"

namespace taskdriver::actors {

class fake_replicas::stream final : public cluster::proposal_stream {
public:
  stream(fake_replicas& replicas, std::shared_ptr<stream_state> state)
      : replicas_(replicas), state_(std::move(state)) {}
  result<void> propose(std::uint64_t ticket, const domain::changes& what) override {
    return replicas_.propose(state_, ticket, what);
  }
  void hasten() override { ++replicas_.hastened_; }

private:
  fake_replicas& replicas_;
  std::shared_ptr<stream_state> state_;
};

std::unique_ptr<cluster::proposal_stream> fake_replicas::open_stream(
    project_number project, std::shared_ptr<cluster::stream_observer> observer) {
  auto state = std::make_shared<stream_state>();
  state->project = project;
  state->observer = std::move(observer);
  ++opened_[project];
  streams_.push_back(state);
  start_streams();
  return std::make_unique<stream>(*this, std::move(state));
}

const domain::record_source& fake_replicas::records() const {
  if (std::exchange(fails_next_read_, false)) throw std::runtime_error("the test broke a read");
  return *records_;
}

cluster::shard_location fake_replicas::locate(project_number project) const {
  const auto found = places_.find(project);
  return found == places_.end() ? cluster::shard_location{} : found->second;
}

shard_id fake_replicas::home_shard(project_number project) const {
  return project == project_number{0} ? shard_id{0} : shard_of(project, shard_count_default);
}

result<void> fake_replicas::may_answer(project_number project, std::int64_t) const {
  if (!lease_doubted_ && locate(project).at == cluster::shard_location::place::here) return {};
  return error_info{.code = errc::not_primary, .text = "Not served here"};
}

void fake_replicas::observe_leadership(std::shared_ptr<cluster::leadership_observer> observer) {
  leadership_ = std::move(observer);
  for (std::uint16_t i = 0; i < shard_count_default; ++i) leadership_->began(shard_id{i});
}

void fake_replicas::place(project_number project, cluster::shard_location at) {
  constexpr auto here = cluster::shard_location::place::here;
  const bool was_here = locate(project).at == here;
  const bool is_here = at.at == here;
  places_[project] = std::move(at);
  const auto shard = home_shard(project);
  if (was_here && !is_here) lose(project, errc::outcome_unknown);
  if (!leadership_ || was_here == is_here) return;
  if (is_here)
    leadership_->began(shard);
  else
    leadership_->ended(shard);
}

result<void> fake_replicas::accepts_proposals() const {
  if (refuses_all_) return error_info{.code = errc::unavailable, .text = "The test's disk is full"};
  return {};
}

void fake_replicas::begin_handover(project_number project) {
  places_[project] = {cluster::shard_location::place::nowhere, {}};
  const auto other = (raw(home_shard(project)) + 1) % shard_count_default;
  leadership_->ended(shard_id{static_cast<std::uint16_t>(other)});
}

void fake_replicas::let_go() {
  held_ = false;
  commit_all();
}

void fake_replicas::commit_next() {
  TASKDRIVER_CHECK(!in_flight_.empty(), "the test commits what was proposed");
  auto oldest = std::move(in_flight_.front());
  in_flight_.pop_front();
  oldest.from->observer->committed(oldest.ticket);
  unapplied_.push_back(std::move(oldest));
  if (!applies_later_) apply_all();
}

void fake_replicas::apply_all() {
  while (!unapplied_.empty()) {
    auto oldest = std::move(unapplied_.front());
    unapplied_.pop_front();
    records_->apply(oldest.from->project, oldest.what);
    oldest.from->observer->applied(oldest.ticket);
  }
  start_streams();
}

void fake_replicas::commit_all() {
  while (!in_flight_.empty()) commit_next();
}

void fake_replicas::lose(project_number project, errc why) {
  std::erase_if(in_flight_, [&](const proposal& p) { return p.from->project == project; });
  for (const auto& held : streams_) {
    const auto open = held.lock();
    if (!open || open->project != project || std::exchange(open->broken, true)) continue;
    open->observer->lost({.code = why, .text = "The test lost the shard", .retry_after_s = 1});
  }
  start_streams();
}

project_number fake_replicas::next_project() const {
  TASKDRIVER_CHECK(!in_flight_.empty(), "the test looks at what was proposed");
  return in_flight_.front().from->project;
}

std::size_t fake_replicas::opened_streams(project_number project) const {
  const auto found = opened_.find(project);
  return found == opened_.end() ? 0 : found->second;
}

result<void> fake_replicas::propose(const std::shared_ptr<stream_state>& from, std::uint64_t ticket,
                                    const domain::changes& what) {
  TASKDRIVER_CHECK(from->started, "an owner proposes only after ticket 0");
  if (refused_.erase(from->project) > 0 || refuses_all_) from->broken = true;
  if (from->broken)
    return error_info{.code = errc::unavailable, .text = "The test refused a write"};
  in_flight_.push_back({from, ticket, what});
  if (!held_) commit_all();
  return {};
}

void fake_replicas::start_streams() {
  std::erase_if(streams_, [](const auto& held) { return held.expired(); });
  for (const auto& held : streams_) {
    const auto open = held.lock();
    if (open->started || open->broken || is_in_flight(open->project)) continue;
    open->started = true;
    open->observer->applied(0);
  }
}

bool fake_replicas::is_in_flight(project_number project) const {
  const auto of_project = [&](const proposal& p) { return p.from->project == project; };
  return std::any_of(in_flight_.begin(), in_flight_.end(), of_project) ||
         std::any_of(unapplied_.begin(), unapplied_.end(), of_project);
}

}  // namespace taskdriver::actors
