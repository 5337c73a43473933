// The prefix of a key that its shard, project and kind make, compared with that of the key before.
#include "storage/table_partitioner.hpp"

#include "storage/engine.hpp"

namespace taskdriver::storage {
namespace {

/// Small projects share a table: every table costs memory for as long as it exists.
constexpr std::uint64_t table_bytes_min = mebibyte;

class kind_partitioner final : public rocksdb::SstPartitioner {
public:
  const char* Name() const override { return "kind_partitioner"; }

  rocksdb::PartitionerResult ShouldPartition(const rocksdb::PartitionerRequest& at) override {
    if (at.current_output_file_size < table_bytes_min) return rocksdb::kNotRequired;
    return kind_prefix(*at.prev_user_key) == kind_prefix(*at.current_user_key)
               ? rocksdb::kNotRequired
               : rocksdb::kRequired;
  }

  bool CanDoTrivialMove(const rocksdb::Slice&, const rocksdb::Slice&) override { return true; }

private:
  static std::string_view kind_prefix(const rocksdb::Slice& key) {
    return key.ToStringView().substr(0, kind_prefix_bytes);
  }
};

class kind_partitioner_factory final : public rocksdb::SstPartitionerFactory {
public:
  const char* Name() const override { return "kind_partitioner_factory"; }

  std::unique_ptr<rocksdb::SstPartitioner> CreatePartitioner(
      const rocksdb::SstPartitioner::Context&) const override {
    return std::make_unique<kind_partitioner>();
  }
};

}  // namespace

std::shared_ptr<rocksdb::SstPartitionerFactory> partition_by_kind() {
  return std::make_shared<kind_partitioner_factory>();
}

}  // namespace taskdriver::storage
