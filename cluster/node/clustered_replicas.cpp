// From actors to the loop, and what the loop published to actors.
#include "cluster/node/clustered_replicas.hpp"

#include <utility>

#include "storage/changes_codec.hpp"

namespace taskdriver::cluster {
namespace {

constexpr project_number directory_number{0};

}  // namespace

class clustered_replicas::stream final : public proposal_stream {
public:
  stream(replica_loop& loop, hosted_shard& at, stream_ptr state)
      : loop_(loop), shard_(at), state_(std::move(state)) {}
  ~stream() override { shard_.streams.close(state_); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  result<void> propose(std::uint64_t ticket, const domain::changes& what) override {
    auto payload = std::make_shared<const std::string>(
        storage::encode_changes(what, state_->project, loop_.shard_count()));
    auto proposed = shard_.streams.propose(state_, ticket, std::move(payload));
    if (proposed) loop_.proposed(shard_);
    return proposed;
  }
  void hasten() override { loop_.hasten(); }

private:
  replica_loop& loop_;
  hosted_shard& shard_;
  stream_ptr state_;
};

clustered_replicas::clustered_replicas(replica_loop& loop, storage::node_store& store,
                                       node_name self)
    : loop_(loop), store_(store), self_(std::move(self)), records_(store) {}

hosted_shard& clustered_replicas::home(project_number project) const {
  return loop_.shard(home_shard(project));
}

std::unique_ptr<proposal_stream> clustered_replicas::open_stream(
    project_number project, std::shared_ptr<stream_observer> observer) {
  auto& at = home(project);
  auto state = at.streams.open(project, std::move(observer));
  loop_.hasten();
  return std::make_unique<stream>(loop_, at, std::move(state));
}

shard_id clustered_replicas::home_shard(project_number project) const {
  return project == directory_number ? shard_id{0} : shard_of(project, loop_.shard_count());
}

/// Nowhere also while this node is the primary but does not serve: not yet, or not any more.
shard_location clustered_replicas::locate(project_number project) const {
  const auto& at = home(project);
  if (at.serving_until_ms != 0) return {shard_location::place::here, {}};
  const node_name* primary = at.primary;
  if (!primary || *primary == self_) return {shard_location::place::nowhere, {}};
  return {shard_location::place::elsewhere, *primary};
}

result<void> clustered_replicas::may_answer(project_number project, std::int64_t steady_ms) const {
  if (home(project).serving_until_ms > steady_ms) return {};
  return error_info{.code = errc::not_primary, .text = "The project is not served by this node"};
}

void clustered_replicas::observe_leadership(std::shared_ptr<leadership_observer> observer) {
  loop_.observe(std::move(observer));
}

result<void> clustered_replicas::accepts_proposals() const {
  if (loop_.writer().crowded() || loop_.crowded())
    return error_info{.code = errc::unavailable,
                      .text = "Too many writes are waiting for the disk",
                      .retry_after_s = 1};
  if (store_.writable()) return {};
  return error_info{.code = errc::unavailable,
                    .text = "Storage takes no writes: " + store_.trouble(),
                    .retry_after_s = 5};
}

}  // namespace taskdriver::cluster
