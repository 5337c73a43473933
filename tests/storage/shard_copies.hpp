// Two nodes' stores, one ahead of the other, and a checkpoint between them; for tests of installs.
#pragma once

#include <optional>

#include "storage/shard_checkpoint.hpp"
#include "storage/shard_install.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {

/// Shard 2 is copied; shard 1 is the bystander.
struct shard_copies : store_fixture {
  static constexpr shard_id shard{2};
  static constexpr shard_id bystander{1};

  store_options options_of(const std::string& node);
  std::unique_ptr<node_store> open_node(const std::string& node) { return open(options_of(node)); }
  std::string dir_of(const std::string& node) const { return directory.path() + "/" + node; }

  /// Entries of `of`, each a put of `name`N; all durable, those up to `applied` applied.
  void fill(node_store& store, shard_id of, std::uint64_t first, std::uint64_t last,
            std::uint64_t epoch, std::uint64_t applied, const std::string& name,
            std::size_t value_bytes = 20);
  /// The whole stream of shard 2, in chunks.
  std::vector<std::string> stream_of(node_store& store, checkpoint_options with = {});
  /// Gathers all chunks. Empty when something failed.
  std::unique_ptr<shard_install> gather(node_store& store, const std::vector<std::string>& chunks);
  std::vector<std::string> incoming_of(const std::string& node) const;
};

/// Keys of the shard's state as text after the project, in order.
std::vector<std::string> names_in(node_store& store, shard_id shard);

}  // namespace taskdriver::storage::testing
