// Replicas for tests of the actors: memory instead of a disk, and commits when the test says so.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "cluster/shard_replicas.hpp"
#include "tests/support/memory_records.hpp"

namespace taskdriver::actors {

/// Every project is a shard of its own here. Commits at once, until hold(); then proposals stay in
/// flight until the test commits or loses them:
///
///   propose --> in flight --commit_next, commit_all--> observers hear committed --> and applied
///                  \--------lose--------------------> dropped, observers hear lost
///
/// Applies at once too, until apply_later().
///
/// Thread: one, that of the test.
/// Owns: the records.
class fake_replicas final : public cluster::shard_replicas {
public:
  fake_replicas() : records_(std::make_shared<domain::memory_records>()) {}
  /// The replicas of one node of several, which share what is committed.
  explicit fake_replicas(std::shared_ptr<domain::memory_records> records)
      : records_(std::move(records)) {}

  std::unique_ptr<cluster::proposal_stream> open_stream(
      project_number project, std::shared_ptr<cluster::stream_observer> observer) override;
  cluster::shard_location locate(project_number project) const override;
  shard_id home_shard(project_number project) const override;
  result<void> may_answer(project_number project, std::int64_t) const override;
  void observe_leadership(std::shared_ptr<cluster::leadership_observer> observer) override;
  result<void> accepts_proposals() const override;
  /// Throws once after fail_next_read().
  const domain::record_source& records() const override;

  void hold() { held_ = true; }
  /// Commits what is in flight and, from now on, everything at once.
  void let_go();
  /// The oldest proposal in flight, of whichever project.
  void commit_next();
  void commit_all();
  void apply_later() { applies_later_ = true; }
  /// What is committed; what will be still waits for the next call.
  void apply_all();
  /// How often somebody waited for what is not applied.
  std::size_t hastened() const { return hastened_; }
  /// The node loses the project's shard: its proposals in flight and its open streams are void.
  void lose(project_number project, errc why);
  /// The project is served where `at` says from now on; everything else here. Leaving, it is lost
  /// with an unknown outcome.
  void place(project_number project, cluster::shard_location at);
  /// It is not served any more, but its stream has heard nothing yet; another shard just ended.
  void begin_handover(project_number project);
  /// What is located here may not be answered for, as after a pause of the process.
  void doubt_lease(bool doubted) { lease_doubted_ = doubted; }
  /// The next proposal of the project is refused, as by a full disk.
  void refuse_next(project_number project) { refused_.insert(project); }
  /// From now on every proposal is refused, and that is told beforehand, until accept_all().
  void refuse_all() { refuses_all_ = true; }
  void accept_all() { refuses_all_ = false; }
  void fail_next_read() { fails_next_read_ = true; }

  std::size_t in_flight() const { return in_flight_.size(); }
  /// The project of the oldest proposal in flight, which there must be.
  project_number next_project() const;
  /// How often the project (or the directory) was loaded.
  std::size_t opened_streams(project_number project) const;
  const domain::memory_records& stored() const { return *records_; }

private:
  class stream;
  /// Shared by a stream and its proposals in flight, as the interface demands of observers.
  struct stream_state {
    project_number project{};
    std::shared_ptr<cluster::stream_observer> observer;
    bool started = false;
    bool broken = false;
  };
  struct proposal {
    std::shared_ptr<stream_state> from;
    std::uint64_t ticket = 0;
    domain::changes what;
  };

  result<void> propose(const std::shared_ptr<stream_state>& from, std::uint64_t ticket,
                       const domain::changes& what);
  /// Streams that were opened behind proposals that are settled now may start.
  void start_streams();
  bool is_in_flight(project_number project) const;

  std::shared_ptr<domain::memory_records> records_;
  std::map<project_number, cluster::shard_location> places_;
  std::shared_ptr<cluster::leadership_observer> leadership_;
  bool lease_doubted_ = false;
  std::deque<proposal> in_flight_;
  std::deque<proposal> unapplied_;
  bool applies_later_ = false;
  std::size_t hastened_ = 0;
  std::vector<std::weak_ptr<stream_state>> streams_;
  std::map<project_number, std::size_t> opened_;
  std::set<project_number> refused_;
  bool refuses_all_ = false;
  bool held_ = false;
  mutable bool fails_next_read_ = false;
};

}  // namespace taskdriver::actors
