// The one place that reads RocksDB's status codes.
#include "storage/rocksdb_errors.hpp"

#include <rocksdb/status.h>

namespace taskdriver::storage {

disk_trouble trouble_of(const rocksdb::Status& status) {
  if (status.ok()) return disk_trouble::none;
  return status.IsNoSpace() ? disk_trouble::full : disk_trouble::fatal;
}

error_info to_error(const rocksdb::Status& status, std::string_view doing) {
  const bool full = trouble_of(status) == disk_trouble::full;
  std::string text = full ? "disk full while " : "disk error while ";
  text.append(doing).append(": ").append(status.ToString());
  return {full ? errc::unavailable : errc::internal, std::move(text)};
}

std::optional<error_info> too_many_open_files(const rocksdb::Status& status) {
  // RocksDB makes no difference between EMFILE and a failing disk but in the text.
  if (status.ToString().find("Too many open files") == std::string::npos) return std::nullopt;
  return error_info{errc::unavailable,
                    "too many open files: raise the limit (ulimit -n, LimitNOFILE)"};
}

}  // namespace taskdriver::storage
