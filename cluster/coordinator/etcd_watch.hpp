// A watch that survives its member, the register's outages and compaction.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/coordinator/etcd_client.hpp"
#include "cluster/coordinator/etcd_json.hpp"

namespace taskdriver::cluster {

/// What a watch tells, on the loop's thread.
struct watch_sink {
  std::function<void(const range_answer&)> snapshot;
  std::function<void(const std::vector<etcd_event>&)> changed;
  std::function<bool()> wanted;  // false ends the watch
};

///   list --snapshot--> stream from its revision + 1 --event--> stream from that + 1
///    ^ ^                |        ^   |
///    | +-- compacted ---+        |   | broken, or its member no longer answers reads
///    |                           |   v
///    +-- the register went back -+-- pause, next member
///
/// A stream says nothing when nothing happens, and a member cut off from the others neither. So
/// that member is asked for a linearizable read every few seconds; without an answer the stream is
/// opened on another one.
/// Thread: the loop's. Kept alive by what it has posted; ends when the loop stops.
class etcd_watch : public std::enable_shared_from_this<etcd_watch> {
public:
  etcd_watch(http_loop& loop, etcd_client& client, etcd_range range, watch_sink sink);
  void start() { list(); }

private:
  void list();
  void listed(const etcd_answer& answer);
  void stream();
  void open();
  bool received(std::uint64_t generation, std::string_view bytes);
  bool read_line(std::string_view line);
  void broken(std::uint64_t generation, const std::string& why);
  void check_later();
  void checked(std::uint64_t generation, const etcd_answer& answer);
  /// Leaves the stream, if there is one, and goes on after a pause that doubles.
  void pause(const std::string& why);

  http_loop& loop_;
  etcd_client& client_;
  const etcd_range range_;
  const watch_sink sink_;
  std::int64_t next_ = 0;         // revision to go on from; 0: list first
  std::uint64_t generation_ = 0;  // of the stream; what older ones say does not count
  etcd_client::stream open_;
  std::string buffer_;  // the beginning of a line
  std::int64_t pause_ms_ = 0;
};

}  // namespace taskdriver::cluster
