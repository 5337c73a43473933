// The file CLUSTER: a few lines of text, replaced atomically.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cluster/node/membership.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::string_view heading = "taskdriver-member 1";

std::string path_in(const std::string& data_dir) {
  return data_dir + "/CLUSTER";
}

error_info failed(const std::string& what, const std::string& path) {
  return {errc::internal, "cannot " + what + " " + path + ": " + std::strerror(errno)};
}

error_info damaged(const std::string& path) {
  return {errc::internal, "damaged: " + path + " is not what this program writes"};
}

std::string text_of(const membership_file& file) {
  std::ostringstream out;
  out << heading << "\ncluster " << file.cluster << "\nid " << std::hex << file.id << '\n';
  for (const auto& [node, address] : file.peers) out << "peer " << node << ' ' << address << '\n';
  return out.str();
}

bool sync(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return synced;
}

bool read_line(const std::string& line, membership_file& file) {
  std::istringstream words(line);
  std::string name, first, second, more;
  words >> name >> first >> second;
  if (words >> more || first.empty()) return false;
  if (name == "peer" && !second.empty()) return file.peers[first] = second, true;
  if (!second.empty()) return false;
  if (name == "cluster") return file.cluster = first, true;
  if (name != "id") return false;
  const auto end = first.data() + first.size();
  const auto parsed = std::from_chars(first.data(), end, file.id, 16);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

}  // namespace

result<std::optional<membership_file>> read_membership(const std::string& data_dir) {
  const auto path = path_in(data_dir);
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return std::optional<membership_file>();
  std::ifstream in(path);
  std::string line;
  if (!in || !std::getline(in, line)) return failed("read", path);
  if (line != heading) return damaged(path);
  membership_file file;
  while (std::getline(in, line))
    if (!read_line(line, file)) return damaged(path);
  if (in.bad()) return failed("read", path);
  if (file.cluster.empty() || file.id == 0) return damaged(path);
  return std::optional(file);
}

result<void> write_membership(const std::string& data_dir, const membership_file& file) {
  const auto path = path_in(data_dir);
  const auto temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << text_of(file);
    out.flush();
    if (!out) return failed("write", temporary);
  }
  if (!sync(temporary)) return failed("sync", temporary);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return failed("rename", temporary);
  if (!sync(data_dir)) return failed("sync", data_dir);
  return {};
}

std::optional<peer_address> parse_peer_address(const node_name& node, const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  peer_address out{node, text.substr(0, colon), 0};
  if (out.host.front() == '[') {
    if (out.host.back() != ']') return std::nullopt;
    out.host = out.host.substr(1, out.host.size() - 2);
  }
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, out.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || out.port == 0) return std::nullopt;
  return out;
}

}  // namespace taskdriver::cluster
