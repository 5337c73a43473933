// Task records that were decided but are not applied yet: what a read must see before the store
// does.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/record_source.hpp"

namespace taskdriver::domain {

/// Thread: one owner (project_state). Owns: records until applied() lets go of them.
class pending_records {
public:
  void put_spec(sequence task, spec_ptr record, std::uint64_t ticket);
  void put_progress(sequence task, progress_ptr record, std::uint64_t ticket);
  void put_attempt(sequence task, const attempt& record, std::uint64_t ticket);
  void put_deleted(sequence task, std::uint64_t ticket);
  void put_print(sequence type, const fingerprint& print, sequence task, std::uint64_t ticket);

  /// All decisions up to `ticket` are in the store from now on.
  void applied(std::uint64_t ticket);

  /// nullopt: ask the store. A null pointer: deleted.
  std::optional<spec_ptr> spec(sequence task) const;
  std::optional<progress_ptr> progress(sequence task) const;
  /// Attempts to add to the store's.
  const std::vector<attempt>* attempts(sequence task) const;
  /// Tasks that got this fingerprint and are not in the store's index yet.
  std::vector<sequence> with_print(sequence type, const fingerprint& print) const;

private:
  struct pending_task {
    std::uint64_t ticket = 0;  // of the newest change
    spec_ptr spec;
    progress_ptr progress;
    std::vector<attempt> attempts;
    bool deleted = false;
  };
  struct pending_print {
    std::uint64_t ticket = 0;
    sequence type{};
    fingerprint print{};
    sequence task{};
  };

  pending_task& touch(sequence task, std::uint64_t ticket);

  std::unordered_map<std::uint64_t, pending_task> tasks_;
  std::deque<std::pair<std::uint64_t, sequence>> order_;  // ascending tickets
  std::deque<pending_print> prints_;                      // ascending tickets
  std::unordered_multimap<std::uint64_t, sequence> by_print_;
};

}  // namespace taskdriver::domain
