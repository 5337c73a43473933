// Every option of taskdriverd: name, help, rule, and the field it sets.
#include "tools/taskdriverd/option_table.hpp"

#include <array>
#include <utility>

#include "domain/limits.hpp"
#include "domain/rules.hpp"

namespace taskdriver::server {
namespace {

using text_value = std::optional<std::string>;

/// A number is a pair of functions around a field and its bounds.
template <std::uint32_t server_options::*Field, std::uint32_t Min, std::uint32_t Max>
struct number {
  static objection set(server_options& o, std::string_view text) {
    return read_number(text, Min, Max, o.*Field);
  }
  static text_value get(const server_options& o) { return std::to_string(o.*Field); }
};

template <std::uint32_t server_options::*Field, std::uint32_t Min, std::uint32_t Max>
constexpr option_row number_row(std::string_view group, std::string_view name,
                                std::string_view help) {
  using functions = number<Field, Min, Max>;
  return {group, name, "N", help, value_kind::number, functions::set, functions::get};
}

/// A text that may be left out, with its rule.
template <std::optional<std::string> server_options::*Field, objection (*Check)(std::string_view)>
constexpr option_row text_row(std::string_view group, std::string_view name,
                              std::string_view value_name, std::string_view help,
                              value_kind kind = value_kind::text) {
  return {group,
          name,
          value_name,
          help,
          kind,
          [](server_options& o, std::string_view text) -> objection {
            if (auto wrong = Check(text)) return wrong;
            o.*Field = text;
            return std::nullopt;
          },
          [](const server_options& o) -> text_value { return o.*Field; }};
}

template <bool server_options::*Field>
constexpr option_row flag_row(std::string_view group, std::string_view name,
                              std::string_view help) {
  return {group,
          name,
          "",
          help,
          value_kind::flag,
          [](server_options& o, std::string_view text) { return read_flag(text, o.*Field); },
          [](const server_options& o) -> text_value { return o.*Field ? "true" : "false"; }};
}

/// A choice is a list of words with their values.
template <class Value, std::size_t N>
using choices = std::array<std::pair<std::string_view, Value>, N>;

template <class Value, std::size_t N>
objection read_choice(const choices<Value, N>& all, std::string_view text, Value& value) {
  std::string rule = "must be ";
  for (std::size_t i = 0; i < N; ++i) {
    if (all[i].first == text) return value = all[i].second, std::nullopt;
    rule += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string(all[i].first);
  }
  return rule;
}

template <class Value, std::size_t N>
text_value choice_name(const choices<Value, N>& all, Value value) {
  for (const auto& [name, candidate] : all)
    if (candidate == value) return std::string(name);
  return std::nullopt;
}

constexpr choices<log_format, 2> log_formats = {
    {{"text", log_format::text}, {"json", log_format::json}}};
constexpr choices<log_level, 4> log_levels = {{{"debug", log_level::debug},
                                               {"info", log_level::info},
                                               {"warn", log_level::warn},
                                               {"error", log_level::error}}};
constexpr choices<request_log, 3> request_logs = {
    {{"all", request_log::all}, {"errors", request_log::errors}, {"none", request_log::none}}};

objection set_data_dir(server_options& o, std::string_view text) {
  if (auto wrong = check_path(text)) return wrong;
  o.data_dir = text;
  return std::nullopt;
}

objection set_node_id(server_options& o, std::string_view text) {
  if (auto wrong = check_node_id(text)) return wrong;
  o.node_id = text;
  return std::nullopt;
}

objection set_cluster_name(server_options& o, std::string_view text) {
  if (auto wrong = check_node_id(text)) return wrong;
  o.cluster_name = text;
  return std::nullopt;
}

objection set_cluster_listen(server_options& o, std::string_view text) {
  endpoint at;
  if (auto wrong = read_endpoint(text, at)) return wrong;
  if (at.port == 0) return "must have a port that other nodes can know, 1 to 65535";
  o.cluster_listen = at;
  return std::nullopt;
}

objection set_auth(server_options& o, std::string_view text) {
  if (text == "keys") return "must be open; keys is not offered yet";
  if (text != "open") return "must be open";
  o.auth = auth_mode::open;
  return std::nullopt;
}

objection set_bootstrap_project(server_options& o, std::string_view text) {
  if (auto wrong = domain::rules::project_name(text)) return "does not fit: " + *wrong;
  o.bootstrap_project = text;
  return std::nullopt;
}

text_value get_origins(const server_options& o) {
  if (o.cors_origins.empty()) return "none";
  std::string text;
  for (const auto& origin : o.cors_origins) text += (text.empty() ? "" : ",") + origin;
  return text;
}

constexpr std::string_view basics = "Basics";
constexpr std::string_view access = "Access";
constexpr std::string_view cluster = "Cluster";
constexpr std::string_view limits = "Limits";
constexpr std::string_view resources = "Resources";
constexpr std::string_view logs = "Logs";

constexpr std::uint32_t session_hours_max = domain::limits::session_ahead_s_max / 3600;
constexpr std::uint32_t budget_max = 1'000'000'000;
constexpr std::uint32_t megabytes_max = 1024 * 1024;

using options = server_options;

constexpr auto rows = std::to_array<option_row>({
    {basics, "data-dir", "DIR", "where all data is kept; made if it is not there", value_kind::text,
     set_data_dir, [](const options& o) -> text_value { return o.data_dir; }},
    {basics, "http", "HOST:PORT", "where to serve HTTP: an IP address, [::1]:3000 for IPv6",
     value_kind::text,
     [](options& o, std::string_view text) { return read_endpoint(text, o.http); },
     [](const options& o) -> text_value { return o.http.text(); }},
    {basics, "node-id", "ID", "the name of this node in logs and metrics", value_kind::text,
     set_node_id, [](const options& o) -> text_value { return o.node_id; }},

    {access, "auth", "MODE", "open: logging in needs no secret; on loopback addresses only",
     value_kind::text, set_auth, [](const options&) -> text_value { return "open"; }},
    {access, "bootstrap-project", "NAME", "make this project at start if it is not there",
     value_kind::text, set_bootstrap_project,
     [](const options& o) -> text_value { return o.bootstrap_project; }},
    number_row<&options::session_hours, 1, session_hours_max>(
        access, "session-hours", "how long a login is valid, in hours"),
    {access, "cors-origins", "LIST",
     "web pages of these origins may use the API: *, none, or a list\nwith commas",
     value_kind::list,
     [](options& o, std::string_view text) { return read_origins(text, o.cors_origins); },
     get_origins},

    text_row<&options::etcd, check_etcd>(
        cluster, "etcd", "LIST",
        "makes this a node of a cluster. URLs of an etcd with commas, or managed:\n"
        "the nodes in etcd-peers run one themselves",
        value_kind::list),
    {cluster, "cluster-listen", "HOST:PORT", "where to listen for other nodes; needed with etcd",
     value_kind::text, set_cluster_listen,
     [](const options& o) -> text_value {
       return o.cluster_listen ? text_value(o.cluster_listen->text()) : std::nullopt;
     }},
    text_row<&options::cluster_advertise, check_peer_address>(
        cluster, "cluster-advertise", "HOST:PORT",
        "where other nodes reach this one, if not where it listens"),
    {cluster, "cluster-name", "NAME", "clusters of other names may share the etcd",
     value_kind::text, set_cluster_name,
     [](const options& o) -> text_value { return o.cluster_name; }},
    text_row<&options::cluster_ca, check_path>(cluster, "cluster-ca", "FILE",
                                               "PEM: who signs the certificates of nodes"),
    text_row<&options::cluster_cert, check_path>(cluster, "cluster-cert", "FILE",
                                                 "PEM: this node's certificate"),
    text_row<&options::cluster_key, check_path>(cluster, "cluster-key", "FILE",
                                                "PEM: the key of that certificate"),
    flag_row<&options::insecure_cluster>(
        cluster, "insecure-cluster",
        "nodes on other machines without certificates: whoever reaches the\n"
        "port can read and change everything"),
    number_row<&options::replicas, 1, 7>(cluster, "replicas",
                                         "copies of every shard; give all nodes the same number"),
    number_row<&options::replace_after_minutes, 1, 10'080>(
        cluster, "replace-after-minutes",
        "copies on a node that is away for so long are made anew elsewhere"),
    number_row<&options::drop_after_seconds, 10, 604'800>(
        cluster, "drop-after-seconds",
        "what this node has of a shard that moved away is deleted after so long"),
    flag_row<&options::cluster_adopt>(
        cluster, "cluster-adopt",
        "begin a new cluster with the data of this single node; once. A node\n"
        "without data waits until that one has begun it"),
    text_row<&options::etcd_peers, check_etcd_peers>(
        cluster, "etcd-peers", "LIST",
        "with etcd managed: n1=HOST:PORT,n2=... of the nodes that run etcd, the\n"
        "same on all nodes; its clients use the port below",
        value_kind::list),
    text_row<&options::etcd_ca, check_path>(cluster, "etcd-ca", "FILE",
                                            "PEM: who signs etcd's certificates"),
    text_row<&options::etcd_cert, check_path>(cluster, "etcd-cert", "FILE",
                                              "PEM: the certificate to show to etcd"),
    text_row<&options::etcd_key, check_path>(cluster, "etcd-key", "FILE",
                                             "PEM: the key of that certificate"),
    text_row<&options::etcd_user, check_etcd_user>(cluster, "etcd-user", "NAME",
                                                   "log in to etcd by this name"),
    text_row<&options::etcd_password_file, check_path>(cluster, "etcd-password-file", "FILE",
                                                       "holds the password of etcd-user"),

    number_row<&options::rate_limit_ip, 0, budget_max>(
        limits, "rate-limit-ip", "requests per window from one address without a token; 0 = any"),
    number_row<&options::rate_limit_session, 0, budget_max>(
        limits, "rate-limit-session",
        "requests per window of one session; the admin token has 100 times\nas many; 0 = any"),
    number_row<&options::rate_limit_window_minutes, 1, 1440>(limits, "rate-limit-window-minutes",
                                                             "length of the window, in minutes"),
    number_row<&options::max_connections, 1, 1'000'000>(limits, "max-connections",
                                                        "clients connected at the same time"),
    number_row<&options::reserve_disk_mb, 0, megabytes_max>(
        limits, "reserve-disk-mb", "refuse writes when less than so many MiB are free on the disk"),

    number_row<&options::io_threads, 1, 64>(resources, "io-threads",
                                            "threads that read and write HTTP and run projects"),
    number_row<&options::actor_threads, 1, 256>(resources, "actor-threads",
                                                "threads that load projects and read lists"),
    number_row<&options::memory_mb, 8, megabytes_max>(
        resources, "memory-mb", "memory for the blocks of the store that are read often, in MiB"),
    number_row<&options::project_idle_seconds, 1, 86400>(
        resources, "project-idle-seconds",
        "a project unused for so many seconds leaves the memory"),
    number_row<&options::loaded_projects_max, 1, 10'000'000>(
        resources, "loaded-projects-max",
        "with more projects in memory, those unused for longest leave it,\nbut none with a running "
        "task or a waiting agent"),
    number_row<&options::shards, 1, 1024>(
        resources, "shards", "parts of the store; fixed when the data directory is made"),

    {logs, "log-format", "FORMAT", "text (key=value) or json; one line per event on stderr",
     value_kind::text,
     [](options& o, std::string_view text) { return read_choice(log_formats, text, o.log_format); },
     [](const options& o) { return choice_name(log_formats, o.log_format); }},
    {logs, "log-level", "LEVEL", "debug, info, warn or error", value_kind::text,
     [](options& o, std::string_view text) { return read_choice(log_levels, text, o.log_level); },
     [](const options& o) { return choice_name(log_levels, o.log_level); }},
    {logs, "log-requests", "WHICH", "log all requests, errors (status 400 and above) or none",
     value_kind::text,
     [](options& o, std::string_view text) {
       return read_choice(request_logs, text, o.log_requests);
     },
     [](const options& o) { return choice_name(request_logs, o.log_requests); }},
});

}  // namespace

std::span<const option_row> option_rows() {
  return rows;
}

const option_row* find_option(std::string_view name) {
  for (const auto& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

std::string environment_name(std::string_view option) {
  std::string name = "TASKDRIVER_";
  for (char c : option) name += c == '-' ? '_' : static_cast<char>(c - (c >= 'a') * ('a' - 'A'));
  return name;
}

}  // namespace taskdriver::server
