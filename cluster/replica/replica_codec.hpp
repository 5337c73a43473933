// The bytes of replica_messages between nodes: one frame holds the messages of any shards.
// docs/replication.md has the grammar.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "cluster/replica/messages.hpp"

namespace taskdriver::cluster {

struct shard_message {
  shard_id shard{};
  replica_message message;
};

/// Gathers messages into one frame (frame_kind::replica, its kind byte included).
class replica_frame_writer {
public:
  replica_frame_writer() { clear(); }
  void add(shard_id shard, const replica_message& message);
  bool empty() const { return empty_; }
  std::size_t bytes() const { return frame_.size(); }
  /// The frame; the writer begins the next one.
  std::string take();

private:
  void clear();
  std::string frame_;
  bool empty_ = true;
};

/// All messages of a frame, kind byte first; nothing if any of it is malformed or of an unknown
/// version. Allocates in proportion to the frame at most. Total: any bytes may come in.
std::optional<std::vector<shard_message>> decode_replica_frame(std::string_view frame);

}  // namespace taskdriver::cluster
