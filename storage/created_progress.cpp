// Compares encoded records, since it is asked for every task that is created.
#include "storage/created_progress.hpp"

#include <algorithm>
#include <string>

#include "domain/records.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage {
namespace {

bool goes_on(char byte) {
  return (static_cast<unsigned char>(byte) & 0x80) != 0;
}

/// What stands before and behind the time of the last change, in a progress record of a task to
/// which nothing has happened.
struct blank_progress {
  std::string before, after;
};

const blank_progress& blank() {
  static const blank_progress parts = [] {
    std::string value;
    encode_record(value, domain::task_progress{});
    // The last three fields are times, and all of them are 0: a byte each.
    return blank_progress{value.substr(0, value.size() - 3), value.substr(value.size() - 2)};
  }();
  return parts;
}

}  // namespace

bool is_blank(std::string_view progress) {
  return progress.size() > blank().before.size() + blank().after.size() &&
         progress.starts_with(blank().before) && progress.ends_with(blank().after);
}

bool says_no_more(std::string_view progress, std::string_view spec) {
  if (!is_blank(progress)) return false;
  progress.remove_prefix(blank().before.size());
  progress.remove_suffix(blank().after.size());
  // One varint, and the last of the spec, which is the time of its creation.
  const auto last = std::find_if_not(progress.begin(), progress.end(), goes_on);
  if (last == progress.end() || last + 1 != progress.end()) return false;
  return spec.size() > progress.size() && spec.ends_with(progress) &&
         !goes_on(spec[spec.size() - progress.size() - 1]);
}

}  // namespace taskdriver::storage
