// Fills stores and moves checkpoints.
#include "tests/storage/shard_copies.hpp"

#include <boost/test/unit_test.hpp>

#include "storage/state_scan.hpp"

namespace taskdriver::storage::testing {

store_options shard_copies::options_of(const std::string& node) {
  store_options o = options();
  o.data_dir = dir_of(node);
  o.replay = false;
  return o;
}

void shard_copies::fill(node_store& store, shard_id of, std::uint64_t first, std::uint64_t last,
                        std::uint64_t epoch, std::uint64_t applied, const std::string& name,
                        std::size_t value_bytes) {
  std::vector<log_entry> entries;
  for (std::uint64_t i = first; i <= last; ++i) {
    entries.push_back(
        put_entry(raw(of), i, name + std::to_string(i), std::string(value_bytes, 'v')));
    entries.back().epoch = epoch;
  }
  recording_observer observer;
  write(store, observer, entries);
  if (applied < first) return;
  entries.resize(std::min(applied, last) - first + 1);
  BOOST_REQUIRE(store.apply(entries).ok());
}

std::vector<std::string> shard_copies::stream_of(node_store& store, checkpoint_options with) {
  auto opened = shard_checkpoint::open(store, shard, with);
  BOOST_REQUIRE(opened.ok());
  std::vector<std::string> chunks;
  for (;;) {
    auto chunk = (*opened)->next();
    BOOST_REQUIRE(chunk.ok());
    if (chunk->empty()) return chunks;
    chunks.push_back(std::move(*chunk));
  }
}

std::unique_ptr<shard_install> shard_copies::gather(node_store& store,
                                                    const std::vector<std::string>& chunks) {
  auto begun = shard_install::begin(store, shard);
  if (!begun) return nullptr;
  for (const std::string& chunk : chunks)
    if (!(*begun)->take(chunk)) return nullptr;
  if (!(*begun)->finish()) return nullptr;
  return std::move(*begun);
}

std::vector<std::string> shard_copies::incoming_of(const std::string& node) const {
  std::vector<std::string> names;
  if (!std::filesystem::exists(dir_of(node) + "/incoming")) return names;
  for (const auto& file : std::filesystem::directory_iterator(dir_of(node) + "/incoming"))
    names.push_back(file.path().filename().string());
  return names;
}

std::vector<std::string> names_in(node_store& store, shard_id shard) {
  constexpr std::size_t project_bytes = 6;
  std::vector<std::string> names;
  state_scan scan(store.internals(), nullptr, shard);
  for (; scan.valid(); scan.next()) names.emplace_back(scan.key().substr(project_bytes));
  BOOST_REQUIRE(scan.status().ok());
  return names;
}

}  // namespace taskdriver::storage::testing
