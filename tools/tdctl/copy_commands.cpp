// tdctl backup and restore: data directories that no server has open, and of a running server.
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "storage/data_copies.hpp"
#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

/// A copy is answered when it is whole.
constexpr double online_seconds_min = 300;

struct copying {
  server_access access;
  std::string from, to;
  bool json = false;
};

using copy_function = result<storage::copied_directory> (*)(const std::string& from,
                                                            const std::string& to);

std::string hex16(std::uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

struct owner {
  uid_t user = 0;
  gid_t group = 0;
};

std::optional<owner> owner_of(const std::string& directory) {
  struct stat found {};
  if (::stat(directory.c_str(), &found) != 0) return std::nullopt;
  return owner{found.st_uid, found.st_gid};
}

/// Gives `directory` and all in it to `whom`. For root, whose files the server could not open; a
/// file that cannot be given stays, and the start of the server names it.
void give(const std::string& directory, const owner& whom) {
  namespace fs = std::filesystem;
  const auto hand_over = [&whom](const std::string& path) {
    return ::lchown(path.c_str(), whom.user, whom.group) == 0;
  };
  if (!hand_over(directory)) return;
  std::error_code skipped;
  for (fs::recursive_directory_iterator at(directory, skipped), end; at != end && !skipped;
       at.increment(skipped)) {
    hand_over(at->path().string());
  }
}

/// What root copies belongs to whom it belonged before: DIR to its owner, otherwise the copy to the
/// original's. Opening the original makes files in it, too.
result<storage::copied_directory> copy_for_owner(const copying& given, copy_function copy) {
  const bool root = ::geteuid() == 0;
  const auto original = owner_of(given.from);
  const auto target = owner_of(given.to);
  auto made = copy(given.from, given.to);
  if (!root || !original) return made;
  give(given.from, *original);
  if (made) give(given.to, target.value_or(*original));
  return made;
}

int copy_at_rest(const copying& given, bool as_json, const char* done, copy_function copy,
                 const console& to) {
  // Instructions and results are in a copy: like the data directory, it is its owner's alone.
  ::umask(S_IRWXG | S_IRWXO);
  const auto made = copy_for_owner(given, copy);
  if (!made) return failed(to, made.error());
  const std::string store = hex16(made->store_id);
  if (as_json)
    print_json({{"directory", given.to},
                {"store", store},
                {"shards", made->shard_count},
                {"fromCluster", made->from_cluster}},
               to);
  else
    to.out << done << ' ' << given.to << ": store " << store << ", " << made->shard_count
           << " shards\n";
  if (made->from_cluster && !as_json)
    to.out
        << "It is a copy of a cluster's node and belongs to no cluster. A cluster that is there\n"
           "takes only empty directories; one can begin with it: --cluster-adopt\n";
  return exit_ok;
}

int copy_running(const copying& given, const console& to) {
  auto access = given.access;
  access.timeout_s = std::max(access.timeout_s, online_seconds_min);
  auto server = admin_client::make(access);
  if (!server) return failed(to, server.error());
  const auto told =
      server->change("POST", "/api/backups", {{"name", given.from}}, elsewhere::never);
  if (!told) return failed(to, told.error());
  if (access.json)
    print_json(*told, to);
  else
    to.out << printable(told->value("message", "done")) << '\n';
  return exit_ok;
}

}  // namespace

action add_backup(CLI::App& to) {
  auto given = std::make_shared<copying>();
  to.description(
      "With a name: copies the data of the node that answers to <its data "
      "directory>/backups/NAME,\n"
      "while it goes on. With two directories: copies a data directory that no server has open");
  give_examples(
      to,
      "  tdctl backup before-upgrade\n"
      "  tdctl backup $(date +%F) --url http://n2:3000\n"
      "  tdctl backup /var/lib/taskdriver /backup/taskdriver-$(date +%F)\n"
      "The backup is a data directory with a store id of its own. On the same file system "
      "it\nshares files with the original: copy it elsewhere too. admin.token is not in it. "
      "A node has\nthe shards of which it holds a replica: tdctl shards --node NODE");
  to.add_option("NAME", given->from, "of the backup; with DEST: the data directory to copy")
      ->required();
  to.add_option("DEST", given->to, "the backup of DIR; must not exist");
  given->access.add_options(to);
  return [given](console& c) {
    if (given->to.empty()) return copy_running(*given, c);
    const auto copy = [](const std::string& from, const std::string& dest) {
      return storage::backup_directory(from, dest);
    };
    return copy_at_rest(*given, given->access.json, "backed up to", copy, c);
  };
}

action add_restore(CLI::App& to) {
  auto given = std::make_shared<copying>();
  to.description("Makes a data directory from a backup");
  give_examples(to,
                "  tdctl restore /backup/taskdriver-2024-01-01 /var/lib/taskdriver\n"
                "The new directory has a new store id: a cluster takes the node for one with a new "
                "disk.");
  to.add_option("BACKUP", given->from, "the backup; stays as it is")->required();
  to.add_option("DIR", given->to, "the new data directory; absent or empty")->required();
  to.add_flag("--json", given->json, "print one JSON object");
  return [given](console& c) {
    const auto copy = [](const std::string& from, const std::string& dir) {
      return storage::restore_directory(from, dir);
    };
    return copy_at_rest(*given, given->json, "restored to", copy, c);
  };
}

}  // namespace taskdriver::tdctl
