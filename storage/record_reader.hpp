// The applied state of this node's shards as the domain reads it: domain::record_source on RocksDB.
#pragma once

#include <functional>

#include "domain/record_source.hpp"

namespace taskdriver::storage {

class node_store;
struct engine;

/// Point reads take no snapshot; a scan sees the state of its start. Every scan starts at a key
/// where there may be records and has an upper bound: iterators that walk over deleted entries are
/// what makes queues on LSM trees slow. Thread: any. Owns: nothing; the store must outlive it.
/// Fails: a damaged or unreadable record calls store_options::on_fatal; if that returns, the record
/// counts as absent.
class record_reader final : public domain::record_source {
public:
  explicit record_reader(node_store& store);

  std::optional<domain::project> load_project(project_number p) const override;
  domain::project_counters load_counters(project_number p) const override;
  std::vector<domain::activity_bucket> load_activity(project_number p) const override;
  std::vector<domain::stored_type> load_types(project_number p) const override;
  std::vector<domain::lease> load_leases(project_number p) const override;
  std::vector<domain::session> load_sessions(project_number p) const override;
  domain::spec_ptr load_spec(project_number p, sequence task) const override;
  domain::progress_ptr load_progress(project_number p, sequence task) const override;
  std::vector<domain::stored_task> load_tasks(project_number p, std::span<const sequence> tasks,
                                              std::size_t bytes_max) const override;
  std::vector<domain::attempt> load_attempts(project_number p, sequence task) const override;
  std::vector<domain::queue_key> scan_queue(project_number p, domain::queue_key from,
                                            bool exclusive, std::size_t limit) const override;
  std::vector<sequence> scan_duplicates(project_number p, sequence type,
                                        const domain::fingerprint& print,
                                        std::size_t limit) const override;
  std::vector<sequence> scan_tasks(project_number p, const domain::task_index& index,
                                   sequence after, std::size_t limit) const override;
  std::vector<project_number> projects_in(shard_id shard) const override;
  std::vector<domain::directory_entry> load_directory() const override;
  std::uint32_t load_next_project() const override;

private:
  /// Takes a key and its value; false ends the scan.
  using visitor = std::function<bool(std::string_view key, std::string_view value)>;

  template <class Record>
  std::optional<Record> get(std::string_view key) const;
  std::optional<std::uint64_t> get_count(std::string_view key) const;
  template <class Decode>
  auto get_with(std::string_view key, Decode decode) const -> decltype(decode(std::string_view()));
  template <class Record>
  std::vector<Record> load_all(std::string_view prefix) const;
  void scan(std::string_view begin, std::string_view end, const visitor& visit) const;
  std::vector<sequence> scan_sequences(std::string_view begin, std::string_view end,
                                       std::size_t limit) const;
  /// Walks the records of one kind beside ascending tasks.
  class walk;
  shard_id home(project_number p) const;
  void fail(std::string_view key) const;

  engine& store_;
};

}  // namespace taskdriver::storage
