// Where a compaction begins a new table: at the next kind of records, if the table is not too
// small.
#pragma once

#include <rocksdb/sst_partitioner.h>

#include <memory>

namespace taskdriver::storage {

/// Records of one kind mostly come in ascending order. A table that holds the new end of one kind
/// only overlaps with nothing on the level below and moves there as it is; one that reaches over
/// several kinds would be merged with all that lies between.
std::shared_ptr<rocksdb::SstPartitionerFactory> partition_by_kind();

}  // namespace taskdriver::storage
