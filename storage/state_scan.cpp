// Iterators over ranges of state, renewed as they go.
#include "storage/state_scan.hpp"

#include "storage/key_codec.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::size_t iterator_bytes_max = 8 * mebibyte;
constexpr std::size_t readahead_bytes = 256 << 10;
constexpr std::size_t applied_key_bytes = 7;

bool is_applied(std::string_view key) {
  return key.size() == applied_key_bytes && key.substr(2) == std::string_view("\0\0\0\0\0", 5);
}

}  // namespace

state_scan::state_scan(const engine& store, const rocksdb::Snapshot* snapshot, std::string begin,
                       std::string end)
    : store_(store), end_(std::move(end)), upper_(end_) {
  options_.snapshot = snapshot;
  options_.iterate_upper_bound = &upper_;
  options_.fill_cache = false;
  options_.readahead_size = readahead_bytes;
  begin_at(begin);
}

state_scan::state_scan(const engine& store, const rocksdb::Snapshot* snapshot, shard_id shard)
    : state_scan(store, snapshot, shard_range_begin(shard), shard_range_end(shard)) {}

void state_scan::begin_at(std::string_view key) {
  const std::string from(key);  // may point into the iterator that goes
  it_.reset();
  it_.emplace(std::unique_ptr<rocksdb::Iterator>(store_.db().NewIterator(options_, store_.state)));
  bytes_ = 0;
  seek(from);
}

void state_scan::seek(std::string_view key) {
  it_->seek(key);
  settle();
}

void state_scan::next() {
  bytes_ += key().size() + value().size();
  if (bytes_ < iterator_bytes_max) {
    it_->next();
    return settle();
  }
  std::string after(key());
  after.push_back('\0');  // the next possible key
  begin_at(after);
}

void state_scan::settle() {
  while (it_->valid() && is_applied(key())) it_->next();
  if (it_->valid() && is_group(key()))
    malformed_ = rocksdb::Status::Corruption("a group of index entries is malformed");
}

}  // namespace taskdriver::storage
