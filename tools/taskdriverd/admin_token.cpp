// Reads or makes <data-dir>/admin.token: a temporary file, fsync, rename, fsync of the directory.
#include "tools/taskdriverd/admin_token.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/random.hpp"
#include "base/text.hpp"
#include "tools/taskdriverd/option_values.hpp"

namespace taskdriver::server {
namespace {

constexpr mode_t owner_only = 0600;
constexpr mode_t others = 0077;
constexpr std::size_t token_random_bytes = 32;
constexpr std::size_t file_bytes_max = 1024;

/// Closes a file at the end of its scope.
class open_file {
public:
  explicit open_file(int descriptor) : descriptor_(descriptor) {}
  ~open_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  bool ok() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

private:
  int descriptor_;
};

error_info failed(std::string_view what, const std::filesystem::path& path) {
  const int reason = errno;
  return {errc::internal,
          "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(reason)};
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// The content up to a limit that no token reaches.
std::optional<std::string> read_all(int descriptor) {
  std::string content(file_bytes_max, '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const auto n = ::read(descriptor, content.data() + have, content.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  content.resize(have);
  return content;
}

std::string without_line_end(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

result<admin_token> read_token(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return failed("read", path);
  auto content = read_all(descriptor);
  if (!content) return failed("read", path);
  admin_token found{without_line_end(std::move(*content)), admin_token::source::file, path, {}};
  if (auto rule = check_admin_token(found.token))
    return error_info{errc::internal, path.string() + " holds no usable admin token: it " + *rule +
                                          "; delete the file to have a new one made"};
  if ((status.st_mode & others) != 0)
    found.warning = path.string() + " is open to other users; chmod 600 closes it";
  return found;
}

/// Writes `content` under a temporary name and leaves nothing behind when it fails.
result<void> write_temporary(const std::filesystem::path& path, std::string_view content) {
  ::unlink(path.c_str());  // of a start that crashed
  open_file file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only));
  if (!file.ok()) return failed("make", path);
  if (::fchmod(file.get(), owner_only) == 0 && write_all(file.get(), content) &&
      ::fsync(file.get()) == 0)
    return {};
  auto error = failed("write", path);
  ::unlink(path.c_str());
  return error;
}

result<admin_token> make_token(const std::filesystem::path& path) {
  auto temporary = path;
  temporary += ".tmp";
  admin_token made{
      to_base64url(random_bytes(token_random_bytes)), admin_token::source::made, path, {}};
  if (auto written = write_temporary(temporary, made.token + "\n"); !written)
    return written.error();
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = failed("make", path);
    ::unlink(temporary.c_str());
    return error;
  }
  // Without this the name may be gone after a power cut, although somebody already uses the token.
  const auto folder = path.parent_path();
  open_file directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || ::fsync(directory.get()) != 0) return failed("sync", folder);
  return made;
}

}  // namespace

result<admin_token> load_admin_token(const std::optional<std::string>& given,
                                     const std::filesystem::path& data_dir) {
  if (given) return admin_token{*given, admin_token::source::environment, {}, {}};
  // An empty path would be the root's "/admin.token" nowhere and the working directory here.
  const auto path = (data_dir.empty() ? std::filesystem::path(".") : data_dir) / "admin.token";
  open_file file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.ok()) return read_token(file.get(), path);
  if (errno != ENOENT) return failed("read", path);
  return make_token(path);
}

}  // namespace taskdriver::server
