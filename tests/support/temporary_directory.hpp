// A directory of its own for one test.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace taskdriver::testing {

/// Empty at first, and deleted with all that is in it at the end. Throws when it cannot be made.
class temporary_directory {
public:
  explicit temporary_directory(
      const std::filesystem::path& parent = std::filesystem::temp_directory_path())
      : path_((parent / "taskdriver-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no directory " + path_);
  }
  ~temporary_directory() { std::filesystem::remove_all(path_); }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  const std::string& path() const { return path_; }

private:
  std::string path_;
};

}  // namespace taskdriver::testing
