// What taskdriverd can be told: every option with its default and unit, and how the four places it
// may come from (flag, environment, file, default) become one set.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.hpp"

namespace taskdriver::server {

/// Who may log in. `open`: whoever reaches the port, hence only on a loopback address.
enum class auth_mode { open };

/// Which requests are logged; `errors` are the answers with status 400 and above.
enum class request_log { all, errors, none };

/// Where to listen. `host` is an IPv4 or IPv6 address without brackets; port 0 asks the kernel for
/// a free one.
struct endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3000;

  /// "127.0.0.1:3000", "[::1]:3000"
  std::string text() const;
  /// In 127.0.0.0/8, ::1, or the first of these written as IPv6.
  bool is_loopback() const;
};

/// The effective options. option_table.cpp holds for each its name, its rule and its help; a field
/// without a comment here is explained by its name and the unit in it.
struct server_options {
  std::string data_dir = "./data";  // relative to the working directory
  endpoint http;
  std::string node_id = "n1";  // 1-64 of letters, digits, '.', '-', '_'

  auth_mode auth = auth_mode::open;
  /// Only from TASKDRIVER_ADMIN_TOKEN; nullopt = the one in the data directory (admin_token.hpp).
  std::optional<std::string> admin_token;
  /// Made at start unless a project of this name is there.
  std::optional<std::string> bootstrap_project;
  std::uint32_t session_hours = 8;  // life of a login, 1-168

  /// Requests per window; 0 = no limit and no rate-limit headers.
  std::uint32_t rate_limit_ip = 100;
  std::uint32_t rate_limit_session = 1'000'000;
  std::uint32_t rate_limit_window_minutes = 15;
  /// "*" alone, or origins such as "https://queue.example.org"; empty = no other origin.
  std::vector<std::string> cors_origins = {"*"};

  std::uint32_t io_threads = 1;     // default: one for two cores, at most 4
  std::uint32_t actor_threads = 2;  // default: one per core, at least 2
  std::uint32_t max_connections = 20'000;
  std::uint32_t shards = 16;                 // counts only when the data directory is made, 1-1024
  std::uint32_t memory_mb = 64;              // for the block cache of the store
  std::uint32_t reserve_disk_mb = 64;        // writes are refused when less is free; 0 = never
  std::uint32_t project_idle_seconds = 300;  // then a project leaves the memory
  std::uint32_t loaded_projects_max = 2000;  // beyond it, those used least recently leave at once

  /// Set = this is a node of a cluster: "managed", or endpoints "http://HOST:PORT" with commas.
  std::optional<std::string> etcd;
  std::optional<std::string> etcd_peers;  // n1=HOST:PORT,... of the nodes that run a managed etcd
  std::optional<std::string> etcd_ca, etcd_cert, etcd_key;  // PEM files
  std::optional<std::string> etcd_user, etcd_password_file;
  /// Only from TASKDRIVER_ETCD_PASSWORD, or read from etcd_password_file.
  std::optional<std::string> etcd_password;
  std::string cluster_name = "taskdriver";
  std::optional<endpoint> cluster_listen;
  std::optional<std::string> cluster_advertise;  // HOST:PORT; default: where it listens
  std::optional<std::string> cluster_ca, cluster_cert, cluster_key;  // PEM files
  bool insecure_cluster = false;
  bool cluster_adopt = false;
  std::uint32_t replicas = 3;
  std::uint32_t replace_after_minutes = 10;
  std::uint32_t drop_after_seconds = 600;

  bool clustered() const { return etcd.has_value(); }

  taskdriver::log_format log_format = taskdriver::log_format::text;
  taskdriver::log_level log_level = taskdriver::log_level::info;
  request_log log_requests = request_log::all;
};

/// All that the options are made from, as values, so that tests can give their own.
struct invocation {
  std::vector<std::string> arguments;              // without the name of the program
  std::map<std::string, std::string> environment;  // those starting with TASKDRIVER_
  std::uint32_t cores = 1;
};
/// From main's arguments, environ(7) and the cores this process may use.
invocation this_process(int argc, const char* const* argv);

/// Start with these.
struct run_server {
  server_options options;
  /// For the log: what was ignored, one sentence each.
  std::vector<std::string> warnings;
};
/// Print `text` to stdout and exit 0: --help, --version, --print-config.
struct print_text {
  std::string text;
};
/// Print `text` to stderr and exit 2. One line per wrong value, each naming the option, where it
/// came from, the rule and the value; never a secret.
struct usage_error {
  std::string text;
};
using parse_outcome = std::variant<run_server, print_text, usage_error>;

/// Flag before environment before file before default. Every value is checked, also one that
/// another place overrules. Reads the --config file; changes nothing in the world.
parse_outcome parse_options(const invocation& from);

/// "0.1.0"
std::string server_version();

}  // namespace taskdriver::server
