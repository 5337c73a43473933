// Opens data directories, again and again if a server replaces files meanwhile.
#include "tools/inspect/data_directory.hpp"

#include <chrono>
#include <thread>

#include "storage/origin_file.hpp"
#include "tools/inspect/shard_recount.hpp"

namespace taskdriver::inspect {
namespace {

constexpr int tries_max = 10;
/// A server's flush and cut, between which an opening may fall, takes less than that.
constexpr std::chrono::milliseconds between_tries{300};

result<data_directory> open_once(const std::string& path, rocksdb::Env* env) {
  data_directory opened;
  opened.path = path;
  opened.in_use = storage::in_use_elsewhere(path);
  opened.cluster_member =
      storage::is_from_cluster(env != nullptr ? *env : *rocksdb::Env::Default(), path);
  auto store = storage::open_read_only(path, env);
  if (!store) return store.error();
  opened.store = std::move(*store);
  for (std::uint16_t n = 0; n < opened.store->format.shard_count; ++n) {
    auto at = storage::read_position(*opened.store, shard_id{n});
    opened.positions.push_back(at ? std::optional(*at) : std::nullopt);
    if (!at) opened.found.push_back({name_of(shard_id{n}), at.error().text});
  }
  return opened;
}

}  // namespace

result<data_directory> data_directory::open(const std::string& path, rocksdb::Env* env) {
  for (int tried = 1;; ++tried) {
    auto opened = open_once(path, env);
    const bool whole = opened && opened->found.empty();
    const bool may_change = opened || opened.error().code == errc::internal;
    const bool again = may_change && storage::in_use_elsewhere(path) && tried < tries_max;
    if (whole || !again) return opened;
    std::this_thread::sleep_for(between_tries);
  }
}

std::optional<std::uint64_t> epoch_of(const storage::shard_position& at, std::uint64_t index) {
  if (index == at.base_index) return at.base_epoch;
  if (index < at.base_index || index > at.last_index) return std::nullopt;
  std::optional<std::uint64_t> epoch;
  for (const storage::epoch_run& run : at.runs)
    if (run.first_index <= index) epoch = run.epoch;
  return epoch;
}

}  // namespace taskdriver::inspect
