// How actors get their changes replicated: propose, and hear in order what was committed or lost.
#pragma once

#include <cstdint>
#include <memory>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "cluster/replica/configuration.hpp"
#include "domain/changes.hpp"
#include "domain/record_source.hpp"

namespace taskdriver::cluster {

/// Hears what became of the proposals of one stream.
/// Thread: called on a thread of the replica; must not block or propose.
class stream_observer {
public:
  virtual ~stream_observer() = default;
  /// All proposals of this stream up to `ticket` are committed: they will never be lost, and what
  /// they did may be told. records() need not show them yet.
  virtual void committed(std::uint64_t ticket) = 0;
  /// And records() shows them: nearly always some moments later, but it may be told before
  /// committed(), which it implies. Ticket 0 comes before anything else, when that is so of all
  /// that was proposed for the shard before the stream: its owner may load.
  virtual void applied(std::uint64_t ticket) = 0;
  /// Nothing more of this stream will be committed: the node lost the shard, or its disk is full.
  /// Unanswered requests get `why` (outcome_unknown: they may still be committed; not_primary: none
  /// of them will be, and they may be repeated where the shard is served). Called once.
  virtual void lost(const error_info& why) = 0;
};

/// The proposals of one owner of state (a project or the directory), in order. A stream whose
/// proposal was lost takes no more: its owner's memory is ahead of what will ever be committed.
class proposal_stream {
public:
  virtual ~proposal_stream() = default;
  /// `ticket` ≥ 1 grows with every call. Does not wait. Fails: unavailable, outcome_unknown; the
  /// stream is then of no more use, as after lost(). Thread: the stream's owner.
  virtual result<void> propose(std::uint64_t ticket, const domain::changes& what) = 0;
  /// Somebody waits until what is committed is applied: it gathers no longer.
  virtual void hasten() = 0;
};

/// Where a project, or the directory, is served now, as far as this node knows.
struct shard_location {
  enum class place { here, elsewhere, nowhere };
  place at = place::here;
  node_name node = {};  // of `elsewhere`
};

/// Hears which shards this node serves. Thread: a replica's; must not block.
class leadership_observer {
public:
  virtual ~leadership_observer() = default;
  /// The shard is served here from now on: records() has all that was ever acknowledged.
  virtual void began(shard_id shard) = 0;
  /// Not any more; its streams have heard lost().
  virtual void ended(shard_id shard) = 0;
};

/// The replicas of this node's shards.
/// Thread: any. An implementation must outlive its streams.
class shard_replicas {
public:
  virtual ~shard_replicas() = default;

  /// Number 0 is the directory. Its project's shard must be led by this node.
  /// The observer is held until the stream and its last proposal are gone.
  virtual std::unique_ptr<proposal_stream> open_stream(
      project_number project, std::shared_ptr<stream_observer> observer) = 0;
  virtual shard_location locate(project_number project) const = 0;
  /// The shard that holds the project; the directory is in shard 0.
  virtual shard_id home_shard(project_number project) const = 0;
  /// Whether this node may answer for the project with what it knows, read or write, refusal or
  /// success: it serves the shard and its lease has not run out at `steady_ms`, which was read
  /// after the request was taken from its queue (P7). Fails: not_primary. One atomic read.
  virtual result<void> may_answer(project_number project, std::int64_t steady_ms) const = 0;
  /// Tells `observer` of the shards served now and of every change. Set once.
  virtual void observe_leadership(std::shared_ptr<leadership_observer> observer) = 0;
  /// Why proposals would be refused now (disk full, short of space); ok when they would not.
  /// Cheap enough to ask before every decision. Fails: unavailable.
  virtual result<void> accepts_proposals() const = 0;
  /// What was applied on this node.
  virtual const domain::record_source& records() const = 0;
};

}  // namespace taskdriver::cluster
