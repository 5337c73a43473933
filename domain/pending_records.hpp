// Task records that the store does not have yet, and those that will be asked for again soon.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/record_source.hpp"

namespace taskdriver::domain {

/// A record that was decided but not applied yet must be seen before the store shows it. Afterwards
/// it stays for a while, as do records that were read: what was just created is soon claimed, what
/// was claimed is soon completed, and neither should cost a read of the store.
///
///   decided --applied--> recent --pushed out by newer ones (bytes_max)--> only in the store
///      ^                   |
///      +---changed again---+
///
/// Thread: one owner (project_state). Owns: the records; recent ones up to bytes_max together.
class pending_records {
public:
  void put_spec(sequence task, spec_ptr record, std::uint64_t ticket);
  void put_progress(sequence task, progress_ptr record, std::uint64_t ticket);
  void put_attempt(sequence task, const attempt& record, std::uint64_t ticket);
  void put_deleted(sequence task, std::uint64_t ticket);
  void put_print(sequence type, const fingerprint& print, sequence task, std::uint64_t ticket);

  /// What the store has of a task, for later; null for what was not read. Records that are here
  /// already are at least as new and stay.
  void remember(sequence task, spec_ptr spec, progress_ptr progress);

  /// All decisions up to `ticket` are in the store from now on.
  void applied(std::uint64_t ticket);

  /// nullopt: ask the store. A null pointer: deleted.
  std::optional<spec_ptr> spec(sequence task) const;
  std::optional<progress_ptr> progress(sequence task) const;
  /// Attempts to add to the store's.
  const std::vector<attempt>* attempts(sequence task) const;
  /// Tasks that got this fingerprint and are not in the store's index yet.
  std::vector<sequence> with_print(sequence type, const fingerprint& print) const;

  /// Tasks of a type from `from` on, before `end` if there is one, that the store may not have yet.
  /// In no order, some of them twice.
  std::vector<sequence> of_type(sequence type, sequence from, std::optional<sequence> end) const;

  /// How much recent records may take; 0 keeps none.
  void limit_recent(std::size_t bytes_max);
  std::size_t recent_bytes() const { return recent_bytes_; }

private:
  struct pending_task {
    std::uint64_t ticket = 0;  // of the newest change; 0 = all of it is in the store
    spec_ptr spec;
    progress_ptr progress;
    std::vector<attempt> attempts;
    bool deleted = false;
    bool recent = false;    // has a place in recent_
    std::size_t bytes = 0;  // counted in recent_bytes_
  };
  struct pending_print {
    std::uint64_t ticket = 0;
    sequence type{};
    fingerprint print{};
    sequence task{};
  };

  pending_task& touch(sequence task, std::uint64_t ticket);
  void settle(sequence task, std::uint64_t ticket);
  void keep_recent(sequence task, pending_task& settled);
  void push_out();

  std::unordered_map<std::uint64_t, pending_task> tasks_;
  std::deque<std::pair<std::uint64_t, sequence>> order_;  // ascending tickets
  std::deque<sequence> recent_;                           // the oldest first
  std::size_t recent_bytes_ = 0;
  std::size_t recent_bytes_max_ = limits::recent_bytes_max;
  std::deque<pending_print> prints_;  // ascending tickets
  std::unordered_multimap<std::uint64_t, sequence> by_print_;
};

}  // namespace taskdriver::domain
