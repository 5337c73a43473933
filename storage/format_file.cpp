// Reads, writes and judges data directories; the database inside is store_opening.cpp's.
#include "storage/format_file.hpp"

#include <rocksdb/env.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::string_view magic = "taskdriver-store";
constexpr std::string_view unfinished_name = "FORMAT.new";
/// What may lie in a data directory before the store is made in it.
constexpr std::array<std::string_view, 7> known_names = {
    "LOCK", "admin.token", "etcd", "lost+found", "db", unfinished_name, "."};

std::string unfinished_path(const std::string& data_dir) {
  return data_dir + "/" + std::string(unfinished_name);
}

/// Refused by permissions is the operator's to mend, not damage.
error_info directory_error(const rocksdb::Status& status, const std::string& doing) {
  const std::string text = status.ToString();
  if (text.find("ermission denied") != std::string::npos ||
      text.find("Read-only file system") != std::string::npos) {
    return {errc::forbidden, "data directory is not writable: " + text};
  }
  return to_error(status, doing);
}

result<void> make_directories(rocksdb::Env& env, const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && !env.FileExists(part).ok()) {
      const rocksdb::Status made = env.CreateDirIfMissing(part);
      if (!made.ok()) return directory_error(made, "making " + part);
    }
    if (end == std::string::npos) return {};
  }
}

result<void> sync_directory(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  rocksdb::Status status = env.NewDirectory(path, &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok()) return directory_error(status, "syncing " + path);
  return {};
}

template <class Number>
bool parse_line(std::string_view& text, std::string_view name, int base, Number& out) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(name)) return false;
  const char* last = line.data() + line.size();
  const auto parsed = std::from_chars(line.data() + name.size(), last, out, base);
  return parsed.ec == std::errc() && parsed.ptr == last;
}

std::string hex16(std::uint64_t number) {
  std::array<char, 17> digits;
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
  return digits.data();
}

}  // namespace

std::string format_path(const std::string& data_dir) {
  return data_dir + "/FORMAT";
}
std::string database_path(const std::string& data_dir) {
  return data_dir + "/db";
}
std::string lock_path(const std::string& data_dir) {
  return data_dir + "/LOCK";
}

std::string format_text(const store_format& format) {
  return std::string(magic) + "\nformat " + std::to_string(format.version) + "\nstore " +
         hex16(format.store_id) + "\nshards " + std::to_string(format.shard_count) + "\n";
}

std::optional<store_format> parse_format(std::string_view text) {
  if (!text.starts_with(magic) || text.substr(magic.size(), 1) != "\n") return std::nullopt;
  text.remove_prefix(magic.size() + 1);
  store_format format;
  if (!parse_line(text, "format ", 10, format.version)) return std::nullopt;
  // What a newer version writes below its number is not ours to judge.
  if (format.version > format_version) return format;
  if (!parse_line(text, "store ", 16, format.store_id)) return std::nullopt;
  if (!parse_line(text, "shards ", 10, format.shard_count)) return std::nullopt;
  if (!text.empty() || format.shard_count == 0) return std::nullopt;
  return format;
}

result<directory_state> inspect_directory(rocksdb::Env& env, const std::string& data_dir) {
  if (auto made = make_directories(env, data_dir); !made) return made.error();
  std::vector<std::string> names;
  const rocksdb::Status listed = env.GetChildren(data_dir, &names);
  if (!listed.ok()) return directory_error(listed, "listing " + data_dir);
  const auto has = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has("FORMAT")) return directory_state::ready;
  for (const std::string& name : names) {
    const bool known = std::find(known_names.begin(), known_names.end(), name) != known_names.end();
    if (!known && name != "..") {
      return error_info{errc::validation, data_dir +
                                              " is not empty and not a TaskDriver data directory"
                                              " (it has " +
                                              name + " but no FORMAT)"};
    }
  }
  if (has(unfinished_name)) return directory_state::unfinished;
  if (has("db")) return error_info{errc::validation, data_dir + " has db/ but no FORMAT"};
  return directory_state::fresh;
}

result<store_format> read_format(rocksdb::Env& env, const std::string& data_dir) {
  std::string text;
  const rocksdb::Status read = rocksdb::ReadFileToString(&env, format_path(data_dir), &text);
  if (!read.ok()) return directory_error(read, "reading FORMAT");
  const std::optional<store_format> format = parse_format(text);
  if (!format)
    return error_info{errc::internal, "damaged: " + format_path(data_dir) + " is unreadable"};
  if (format->version > format_version) {
    return error_info{errc::wrong_state,
                      data_dir + " has format " + std::to_string(format->version) +
                          ", this version knows up to " + std::to_string(format_version)};
  }
  return *format;
}

result<void> begin_format(rocksdb::Env& env, const std::string& data_dir,
                          const store_format& format) {
  const rocksdb::Status written = rocksdb::WriteStringToFile(
      &env, format_text(format), unfinished_path(data_dir), /*should_sync=*/true);
  if (!written.ok()) return directory_error(written, "writing FORMAT.new");
  return sync_directory(env, data_dir);
}

result<void> write_format(rocksdb::Env& env, const std::string& data_dir,
                          const store_format& format) {
  const std::string beside = data_dir + "/FORMAT.beside";
  rocksdb::Status status =
      rocksdb::WriteStringToFile(&env, format_text(format), beside, /*should_sync=*/true);
  if (status.ok()) status = env.RenameFile(beside, format_path(data_dir));
  if (!status.ok()) return directory_error(status, "writing FORMAT");
  return sync_directory(env, data_dir);
}

result<void> finish_format(rocksdb::Env& env, const std::string& data_dir) {
  const rocksdb::Status renamed = env.RenameFile(unfinished_path(data_dir), format_path(data_dir));
  if (!renamed.ok()) return directory_error(renamed, "writing FORMAT");
  return sync_directory(env, data_dir);
}

}  // namespace taskdriver::storage
