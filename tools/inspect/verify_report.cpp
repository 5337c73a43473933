// Renders the findings of tdctl verify.
#include "tools/inspect/verify_report.hpp"

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

namespace taskdriver::inspect {
namespace {

using json = nlohmann::ordered_json;
using verdict = shard_comparison::verdict;

std::string hex16(std::uint64_t number) {
  std::ostringstream text;
  text << std::hex << std::setw(16) << std::setfill('0') << number;
  return text.str();
}

/// Names come from a directory that may be damaged: nothing in them may move a terminal's cursor.
std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

bool in_use(const shard_report& shard) {
  return shard.at.last_index > 0 || shard.records > 0;
}

void print_row(std::ostream& out, const std::vector<std::string>& cells) {
  constexpr int width = 11;
  out << ' ';
  for (const std::string& cell : cells) out << std::setw(width) << std::right << cell;
  out << '\n';
}

std::vector<std::string> row_of(const shard_report& shard, bool checksum) {
  std::vector<std::string> cells{std::to_string(raw(shard.shard))};
  for (std::uint64_t n : {shard.at.base_index, shard.at.applied_index, shard.at.last_index,
                          shard.checked_index, shard.projects, shard.tasks, shard.records})
    cells.push_back(std::to_string(n));
  if (checksum) cells.push_back("  " + hex16(shard.checksum.value_or(0)));
  return cells;
}

void print_table(const directory_report& report, std::ostream& out) {
  const bool any = std::any_of(report.shards.begin(), report.shards.end(), in_use);
  if (!any) return;
  const bool checksums = std::any_of(report.shards.begin(), report.shards.end(),
                                     [](const auto& shard) { return shard.checksum.has_value(); });
  std::vector<std::string> titles{"shard",   "base",     "applied", "last",
                                  "checked", "projects", "tasks",   "records"};
  if (checksums) titles.emplace_back("          checksum");
  print_row(out, titles);
  for (const shard_report& shard : report.shards)
    if (in_use(shard)) print_row(out, row_of(shard, checksums));
}

void print_directory(const directory_report& report, std::ostream& out) {
  out << report.path << ": store " << hex16(report.format.store_id) << ", format "
      << report.format.version << ", " << report.format.shard_count << " shards"
      << (report.in_use ? ", in use by a server" : "") << '\n';
  print_table(report, out);
  std::uint64_t projects = 0, tasks = 0, records = 0, empty = 0;
  for (const shard_report& shard : report.shards) {
    projects += shard.projects;
    tasks += shard.tasks;
    records += shard.records;
    empty += in_use(shard) ? 0 : 1;
  }
  if (empty > 0) out << "  " << empty << " shards are empty\n";
  for (const std::string& note : report.notes) out << "  note: " << note << '\n';
  for (const finding& each : report.found)
    out << "  WRONG: " << printable(each.where) << ": " << printable(each.what) << '\n';
  out << "  " << (report.found.empty() ? "clean" : "DAMAGED") << ": " << projects << " projects, "
      << tasks << " tasks, " << records << " records\n";
}

void print_comparisons(const std::vector<shard_comparison>& all, std::ostream& out) {
  std::size_t equal = 0;
  for (const shard_comparison& each : all) {
    const std::string shard = "  shard " + std::to_string(raw(each.shard)) + ": ";
    switch (each.outcome) {
      case verdict::equal:
        ++equal;
        break;
      case verdict::different:
        out << shard << "WRONG: the copies differ after entry " << each.index << ": " << each.why
            << '\n';
        break;
      case verdict::incomparable:
        out << shard << "note: cannot be compared: " << each.why << '\n';
        break;
    }
  }
  out << "  " << equal << " of " << all.size() << " shards with several copies are equal\n";
}

json shard_json(const shard_report& shard) {
  json made{{"shard", raw(shard.shard)},
            {"base", shard.at.base_index},
            {"applied", shard.at.applied_index},
            {"last", shard.at.last_index},
            {"lastEpoch", shard.at.last_epoch},
            {"seenEpoch", shard.at.seen_epoch},
            {"checked", shard.checked_index},
            {"projects", shard.projects},
            {"tasks", shard.tasks},
            {"records", shard.records}};
  if (shard.checksum) made["checksum"] = hex16(*shard.checksum);
  return made;
}

json directory_json(const directory_report& report) {
  json made{{"directory", report.path},
            {"store", hex16(report.format.store_id)},
            {"format", report.format.version},
            {"inUse", report.in_use},
            {"clean", report.found.empty()},
            {"directoryChecked", report.directory_checked},
            {"shards", json::array()},
            {"wrong", json::array()},
            {"notes", report.notes}};
  for (const shard_report& shard : report.shards) made["shards"].push_back(shard_json(shard));
  for (const finding& each : report.found)
    made["wrong"].push_back({{"where", each.where}, {"what", each.what}});
  return made;
}

json comparison_json(const shard_comparison& each) {
  const char* words[] = {"equal", "different", "incomparable"};
  json made{{"shard", raw(each.shard)},
            {"outcome", words[static_cast<int>(each.outcome)]},
            {"directories", each.paths}};
  if (each.outcome != verdict::incomparable) made["index"] = each.index;
  if (!each.why.empty()) made["why"] = each.why;
  return made;
}

}  // namespace

bool verify_report::clean() const {
  const auto well = [](const directory_report& each) { return each.found.empty(); };
  const auto same = [](const shard_comparison& each) { return each.outcome != verdict::different; };
  return unopened.empty() && std::all_of(directories.begin(), directories.end(), well) &&
         std::all_of(comparisons.begin(), comparisons.end(), same);
}

void print_text(const verify_report& report, std::ostream& out) {
  for (const directory_report& each : report.directories) print_directory(each, out);
  for (const unopened_directory& each : report.unopened)
    out << each.path << ": WRONG: " << each.why << '\n';
  if (report.directories.size() > 1) {
    out << "comparison of the copies\n";
    print_comparisons(report.comparisons, out);
  }
}

void print_json(const verify_report& report, std::ostream& out) {
  json made{{"clean", report.clean()},
            {"directories", json::array()},
            {"unopened", json::array()},
            {"comparisons", json::array()}};
  for (const auto& each : report.directories) made["directories"].push_back(directory_json(each));
  for (const auto& each : report.unopened)
    made["unopened"].push_back({{"directory", each.path}, {"why", each.why}});
  for (const auto& each : report.comparisons) made["comparisons"].push_back(comparison_json(each));
  out << made.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace taskdriver::inspect
