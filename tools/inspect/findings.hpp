// What an inspection found wrong, as lines for people.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace taskdriver::inspect {

struct finding {
  std::string where;  // "shard 3", "shard 3, project 7 (ai-analysis)"
  std::string what;

  bool operator==(const finding&) const = default;
};

/// The findings at one place, of which only the first are kept: one lost block may break a million
/// tasks. Thread: one.
class finding_list {
public:
  static constexpr std::size_t lines_max = 20;

  void add(std::string what) {
    if (++count_ <= lines_max) lines_.push_back(std::move(what));
  }
  void expect(bool holds, std::string what) {
    if (!holds) add(std::move(what));
  }
  std::size_t count() const { return count_; }
  bool full() const { return count_ >= lines_max; }
  void move_to(std::vector<finding>& all, const std::string& where) {
    for (std::string& line : lines_) all.push_back({where, std::move(line)});
    if (count_ > lines_max)
      all.push_back({where, std::to_string(count_ - lines_max) + " more, not shown"});
  }

private:
  std::vector<std::string> lines_;
  std::size_t count_ = 0;
};

}  // namespace taskdriver::inspect
