// tdctl backup and restore: data directories that no server has open.
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "storage/data_copies.hpp"
#include "tools/tdctl/command.hpp"

namespace taskdriver::tdctl {
namespace {

struct copy_arguments {
  std::string from;
  std::string to;
  bool json = false;
};

using copy_function = result<storage::copied_directory> (*)(const std::string& from,
                                                            const std::string& to);

std::string hex16(std::uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

int run(const copy_arguments& given, const char* done, copy_function copy) {
  const auto made = copy(given.from, given.to);
  if (!made) {
    std::cerr << "tdctl: " << made.error().text << "\n";
    return exit_failed;
  }
  const std::string store = hex16(made->store_id);
  if (given.json) {
    std::cout << nlohmann::json{{"directory", given.to},
                                {"store", store},
                                {"shards", made->shard_count}}
              << "\n";
  } else {
    std::cout << done << " " << given.to << ": store " << store << ", " << made->shard_count
              << " shards\n";
  }
  return exit_ok;
}

CLI::App* add(CLI::App& app, const std::shared_ptr<copy_arguments>& given, const char* name,
              const char* text) {
  CLI::App* const command = app.add_subcommand(name, text);
  command->add_flag("--json", given->json, "print one JSON object");
  return command;
}

}  // namespace

void add_copy_commands(CLI::App& app, chosen_command& chosen) {
  const auto given = std::make_shared<copy_arguments>();
  auto* const backup = add(app, given, "backup", "copy a data directory that no server has open");
  backup->add_option("DIR", given->from, "the data directory")->required();
  backup->add_option("DEST", given->to, "the backup; must not exist")->required();
  backup->footer(
      "The backup is a data directory with a store id of its own. On the same file system it\n"
      "shares files with DIR: copy it elsewhere too. admin.token is not in it.\n"
      "Example:\n  tdctl backup /var/lib/taskdriver /backup/taskdriver-$(date +%F)");
  backup->final_callback([given, &chosen] {
    chosen = [given] {
      return run(*given, "backed up to", [](const std::string& from, const std::string& to) {
        return storage::backup_directory(from, to);
      });
    };
  });
  auto* const restore = add(app, given, "restore", "make a data directory from a backup");
  restore->add_option("BACKUP", given->from, "the backup; stays as it is")->required();
  restore->add_option("DIR", given->to, "the new data directory; absent or empty")->required();
  restore->footer(
      "The new directory has a new store id: a cluster takes the node for one with a new disk.\n"
      "Example:\n  tdctl restore /backup/taskdriver-2024-01-01 /var/lib/taskdriver");
  restore->final_callback([given, &chosen] {
    chosen = [given] {
      return run(*given, "restored to", [](const std::string& from, const std::string& to) {
        return storage::restore_directory(from, to);
      });
    };
  });
}

}  // namespace taskdriver::tdctl
