// Tells a torn tail of RocksDB's write-ahead log from damage in its middle, when it will not open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rocksdb {
class Env;
}

namespace taskdriver::storage {

/// What a look at the write-ahead log found.
enum class wal_damage {
  none,
  tail,    // only in the last record: a write that was under way and never acknowledged
  closed,  // in the last record of a file that others follow: if RocksDB does not need the file any
           // more (after a full disk), nothing; else what is damaged had been fsynced
  middle,  // a whole record follows in the same file, so that what is damaged had been fsynced
  unread,  // a file could not be read: of another user, or a disk error; nothing is known
};

/// Why this decides it: one thread writes the log, each write is one record, and it is fsynced
/// before the next begins; so behind a record that was not fsynced there is none. Zeros up to the
/// end of a file are what filled_wal wrote ahead; zeros with something behind them are damage.
///
/// Reads every *.log of `database_dir`, in order of their numbers.
wal_damage check_wal(rocksdb::Env& env, const std::string& database_dir);

/// CRC-32C (Castagnoli), of which the log's records carry a masked form.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace taskdriver::storage
