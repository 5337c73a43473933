// Proposals become log entries; what the log writer reports back becomes calls of the observers.
#include "cluster/single_node_replicas.hpp"

#include <algorithm>
#include <map>

#include "base/check.hpp"
#include "storage/changes_codec.hpp"

namespace taskdriver::cluster {
namespace {

constexpr project_number directory_number{0};

}  // namespace

class single_node_replicas::stream final : public proposal_stream {
public:
  stream(single_node_replicas& replicas, shard_id at, stream_ptr state)
      : replicas_(replicas), shard_(at), state_(std::move(state)) {}
  ~stream() override { replicas_.shards_[raw(shard_)]->streams.close(state_); }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  result<void> propose(std::uint64_t ticket, const domain::changes& what) override {
    return replicas_.propose(shard_, state_, ticket, what);
  }
  void hasten() override { replicas_.applier_.hasten(); }

private:
  single_node_replicas& replicas_;
  shard_id shard_;
  stream_ptr state_;
};

single_node_replicas::single_node_replicas(storage::node_store& store, storage::fsync_hook on_fsync)
    : store_(store),
      records_(store),
      applier_(store, [](shard_id, std::uint64_t) {}),
      writer_(store, *this, std::move(on_fsync)) {
  begin_epochs();
}

single_node_replicas::~single_node_replicas() = default;

/// The marks go into the log before the first entry of the epoch, in order; no need to wait.
void single_node_replicas::begin_epochs() {
  for (std::uint16_t i = 0; i < store_.shard_count(); ++i) {
    const auto& at = store_.recovered().shards[i];
    auto s = std::make_unique<shard>();
    s->epoch = std::max(at.seen_epoch, at.last_epoch) + 1;
    s->next_index = at.last_index + 1;
    // A full disk refuses the mark; the first entry of the epoch is then refused as well.
    (void)writer_.append(storage::log_mark{.shard = shard_id{i}, .seen_epoch = s->epoch}, {});
    shards_.push_back(std::move(s));
  }
}

std::unique_ptr<proposal_stream> single_node_replicas::open_stream(
    project_number project, std::shared_ptr<stream_observer> observer) {
  const auto at = home_shard(project);
  auto state = shards_[raw(at)]->streams.open(project, std::move(observer));
  applier_.hasten();
  return std::make_unique<stream>(*this, at, std::move(state));
}

shard_id single_node_replicas::home_shard(project_number project) const {
  return project == directory_number ? shard_id{0} : shard_of(project, store_.shard_count());
}

void single_node_replicas::observe_leadership(std::shared_ptr<leadership_observer> observer) {
  for (std::uint16_t i = 0; i < store_.shard_count(); ++i) observer->began(shard_id{i});
}

result<void> single_node_replicas::accepts_proposals() const {
  if (writer_.crowded())
    return error_info{.code = errc::unavailable,
                      .text = "Too many writes are waiting for the disk",
                      .retry_after_s = 1};
  if (store_.writable()) return {};
  return error_info{.code = errc::unavailable,
                    .text = "Storage takes no writes: " + store_.trouble(),
                    .retry_after_s = 5};
}

result<void> single_node_replicas::propose(shard_id at, const stream_ptr& from,
                                           std::uint64_t ticket, const domain::changes& what) {
  auto payload = storage::encode_changes(what, from->project, store_.shard_count());
  auto& s = *shards_[raw(at)];
  return s.streams.propose_accepted(from, ticket, [&]() -> result<void> {
    auto appended = writer_.append(storage::log_entry{
        .shard = at, .epoch = s.epoch, .index = s.next_index, .payload = std::move(payload)});
    if (appended) ++s.next_index;
    return appended;
  });
}

void single_node_replicas::durable(std::span<storage::log_entry> entries) {
  std::vector<std::vector<entry>> of_shards(shards_.size());
  for (auto& e : entries)
    of_shards[raw(e.shard)].push_back(
        {.epoch = e.epoch,
         .index = e.index,
         .payload = std::make_shared<const std::string>(std::move(e.payload))});
  for (std::uint16_t i = 0; i < of_shards.size(); ++i)
    if (!of_shards[i].empty()) commit(shard_id{i}, std::move(of_shards[i]));
  // More than the state can take is not taken from the log's queue, which then refuses.
  applier_.wait_for_room();
}

void single_node_replicas::commit(shard_id at, std::vector<entry> entries) {
  auto& streams = shards_[raw(at)]->streams;
  const auto count = entries.size();
  const auto committed = streams.commit(count);
  applier_.apply({at, std::move(entries), &streams, count});
  tell_committed(committed);
}

void single_node_replicas::refused(std::span<const storage::log_entry> entries,
                                   const error_info& why) {
  // Whatever is in flight behind a refused entry is refused as well: all streams there end.
  std::map<std::uint16_t, std::uint64_t> first;
  for (const auto& entry : entries) first.emplace(raw(entry.shard), entry.index);
  std::vector<broken_streams> broken;
  for (const auto& [number, index] : first) {
    auto& s = *shards_[number];
    broken.push_back(s.streams.drop_all([&] { s.next_index = std::min(s.next_index, index); }));
  }
  for (const auto& b : broken) tell(b, why, why);
  applier_.hasten();  // streams that start behind what is committed
}

}  // namespace taskdriver::cluster
