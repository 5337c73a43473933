// The token that may do everything: given in the environment, or kept in the data directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace taskdriver::server {

struct admin_token {
  enum class source { environment, file, made };
  std::string token;
  source from = source::environment;
  std::filesystem::path file;  // empty for the environment
  std::string warning;         // empty, or why the file is not as safe as it should be
};

/// `given` if there is one; else the content of <data_dir>/admin.token; else a new one of 32 random
/// bytes, which is on disk (mode 0600) when this returns. `data_dir` must be there and this process
/// the only one that uses it (the store's lock): two at once could each make one.
/// A warning: the file may be read by other users.
/// Fails: the file cannot be read or made, or holds no usable token. An error holds no secret, and
/// leaves a file that was there as it was.
result<admin_token> load_admin_token(const std::optional<std::string>& given,
                                     const std::filesystem::path& data_dir);

}  // namespace taskdriver::server
