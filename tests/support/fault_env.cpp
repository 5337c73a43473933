// The faults: bookkeeping of what is synced, and files that ask it before they write.
#include "tests/support/fault_env.hpp"

#include <rocksdb/system_clock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace taskdriver::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string parent_of(const std::string& name) {
  return name.substr(0, name.rfind('/'));
}

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_all(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// What a disk holds after a crash while `content` was written over `old_content`: of each sector
/// the one or the other, and of a garbled one noise where they differ.
std::string mix_sectors(const std::string& old_content, const std::string& content, unsynced how,
                        std::mt19937_64& random) {
  constexpr std::size_t sector_bytes = 512;
  std::string mixed = old_content;
  if (how == unsynced::lost) return mixed;
  bool garble = how == unsynced::garbled;
  for (std::size_t at = 0; at < content.size(); at += sector_bytes) {
    const std::size_t bytes = std::min(sector_bytes, content.size() - at);
    const bool differs = content.compare(at, bytes, old_content, at, bytes) != 0;
    if (!differs || random() % 2 == 0) continue;
    for (std::size_t i = at; i < at + bytes; ++i) {
      const bool noise = garble && content[i] != old_content[i];
      mixed[i] = noise ? static_cast<char>(random()) : content[i];
    }
    garble = false;
  }
  return mixed;
}

IOStatus no_space() {
  IOStatus status = IOStatus::NoSpace("No space left on device");
  return status;
}

/// A file that reports to the file system what it wrote and synced.
class fault_file final : public rocksdb::FSWritableFileOwnerWrapper {
public:
  fault_file(std::unique_ptr<rocksdb::FSWritableFile>&& target, fault_file_system& owner,
             std::string name)
      : FSWritableFileOwnerWrapper(std::move(target)), owner_(owner), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return PositionedAppend(data, owner_.size_of(name_), options, debug);
  }
  IOStatus PositionedAppend(const Slice& data, std::uint64_t at, const IOOptions& options,
                            IODebugContext* debug) override {
    std::size_t fitting = 0;
    const IOStatus refused = owner_.before_write(name_, at, data.size(), &fitting);
    if (fitting == 0) return refused;
    IOStatus status = FSWritableFileOwnerWrapper::PositionedAppend(Slice(data.data(), fitting), at,
                                                                   options, debug);
    return status.ok() ? refused : status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    const IOStatus refused = owner_.before_truncation(name_, size);
    return refused.ok() ? FSWritableFileOwnerWrapper::Truncate(size, options, debug) : refused;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const IOStatus refused = owner_.before_sync(name_);
    if (refused.ok()) owner_.synced(name_);
    return refused;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

private:
  fault_file_system& owner_;
  const std::string name_;
};

class fault_directory final : public rocksdb::FSDirectoryWrapper {
public:
  fault_directory(std::unique_ptr<rocksdb::FSDirectory>&& target, fault_file_system& owner,
                  std::string name)
      : FSDirectoryWrapper(std::move(target)), owner_(owner), name_(std::move(name)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const IOStatus refused = owner_.before_sync(name_);
    if (refused.ok()) owner_.synced_directory(name_);
    return refused;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

private:
  fault_file_system& owner_;
  const std::string name_;
};

/// RocksDB sleeps a second after a failed flush; tests have no time for that.
class hasty_clock final : public rocksdb::SystemClockWrapper {
public:
  hasty_clock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "hasty_clock"; }
  void SleepForMicroseconds(int micros) override {
    SystemClockWrapper::SleepForMicroseconds(std::min(micros, 1000));
  }
};

class hasty_env final : public rocksdb::EnvWrapper {
public:
  hasty_env(rocksdb::Env* target, std::shared_ptr<rocksdb::FileSystem> files) : EnvWrapper(target) {
    file_system_ = std::move(files);
    system_clock_ = std::make_shared<hasty_clock>();
  }
  const char* Name() const override { return "hasty_env"; }
};

}  // namespace

fault_file_system::fault_file_system() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

void fault_file_system::crash_at_sync(std::uint64_t n) {
  std::lock_guard lock(mutex_);
  crash_at_ = syncs_ + n;
}

void fault_file_system::crash_at_change(std::uint64_t n) {
  std::lock_guard lock(mutex_);
  crash_at_change_ = changes_ + n;
}

bool fault_file_system::count_change() {
  if (++changes_ == crash_at_change_) crashed_ = true;
  return !crashed_;
}

void fault_file_system::crash() {
  std::lock_guard lock(mutex_);
  crashed_ = true;
}

bool fault_file_system::crashed() const {
  std::lock_guard lock(mutex_);
  return crashed_;
}

std::uint64_t fault_file_system::syncs() const {
  std::lock_guard lock(mutex_);
  return syncs_;
}

void fault_file_system::lose_unsynced(unsynced how, std::mt19937_64& random) {
  std::lock_guard lock(mutex_);
  std::error_code ignored;  // what the crash took is gone already
  // Newest first: undoing a rename restores what was there before it.
  for (auto it = renames_.rbegin(); it != renames_.rend(); ++it) {
    files_[it->from] = files_[it->to];
    std::filesystem::rename(it->to, it->from, ignored);
    files_.erase(it->to);
    if (!it->replaced) continue;
    write_all(it->to, *it->replaced);
    files_[it->to] = it->replaced_state;
  }
  renames_.clear();
  for (auto it = files_.begin(); it != files_.end();) {
    const auto& [name, file] = *it;
    if (file.entry_synced) cut_back(name, file, how, random);
    if (!file.entry_synced) std::filesystem::remove(name, ignored);
    it = files_.erase(it);
  }
  crashed_ = false;
  crash_at_ = 0;
  crash_at_change_ = 0;
  failing_write_.clear();
  failing_sync_.clear();
}

void fault_file_system::cut_back(const std::string& name, const file_state& file, unsynced how,
                                 std::mt19937_64& random) {
  std::string content = read_all(name);
  std::uint64_t keep = std::min<std::uint64_t>(file.synced_size, content.size());
  const std::uint64_t unsynced_bytes = content.size() - keep;
  if (unsynced_bytes == 0 && file.unsynced.empty()) return;
  std::string old_content = content;
  for (auto it = file.unsynced.rbegin(); it != file.unsynced.rend(); ++it)
    old_content.replace(it->at, it->old_bytes.size(), it->old_bytes);
  content = mix_sectors(old_content, content, how, random);
  if (how != unsynced::lost) keep += random() % (unsynced_bytes + 1);
  content.resize(keep);
  if (how == unsynced::garbled) {
    const std::uint64_t from = std::max(file.synced_size, keep > 512 ? keep - 512 : 0);
    for (std::uint64_t i = from; i < keep; ++i) content[i] = static_cast<char>(random());
  }
  write_all(name, content);
}

void fault_file_system::fail_next_write(const std::string& suffix) {
  std::lock_guard lock(mutex_);
  failing_write_ = suffix;
}

void fault_file_system::fail_next_sync(const std::string& suffix) {
  std::lock_guard lock(mutex_);
  failing_sync_ = suffix;
}

void fault_file_system::set_space(std::optional<std::uint64_t> bytes) {
  std::lock_guard lock(mutex_);
  space_ = bytes;
}

void fault_file_system::set_read_only(bool read_only) {
  std::lock_guard lock(mutex_);
  read_only_ = read_only;
}

IOStatus fault_file_system::refuse_if_down() {
  if (crashed_ || !count_change()) return IOStatus::IOError("the machine is down");
  if (read_only_) return IOStatus::IOError("Permission denied");
  return IOStatus::OK();
}

std::uint64_t fault_file_system::size_of(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = files_.find(name);
  return found == files_.end() ? 0 : found->second.size;
}

IOStatus fault_file_system::before_write(const std::string& name, std::uint64_t at,
                                         std::size_t bytes, std::size_t* fitting) {
  std::lock_guard lock(mutex_);
  *fitting = 0;
  if (crashed_ || !count_change()) return IOStatus::IOError("the machine is down");
  if (!failing_write_.empty() && name.ends_with(failing_write_)) {
    failing_write_.clear();
    return IOStatus::IOError("Input/output error");
  }
  *fitting = bytes;
  if (space_) {
    const std::uint64_t size = files_[name].size;
    const std::uint64_t there = size > at ? std::min<std::uint64_t>(size - at, bytes) : 0;
    const std::uint64_t growth = std::min<std::uint64_t>(bytes - there, *space_);
    *fitting = there + growth;
    *space_ -= growth;
  }
  note_write(name, at, *fitting);
  return *fitting == bytes ? IOStatus::OK() : no_space();
}

void fault_file_system::note_write(const std::string& name, std::uint64_t at, std::size_t bytes) {
  file_state& file = files_[name];
  if (at < file.size) {
    std::string old_bytes(std::min<std::uint64_t>(bytes, file.size - at), '\0');
    std::ifstream in(name, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(at));
    in.read(old_bytes.data(), static_cast<std::streamsize>(old_bytes.size()));
    file.unsynced.push_back({at, std::move(old_bytes)});
  }
  file.size = std::max<std::uint64_t>(file.size, at + bytes);
}

IOStatus fault_file_system::before_sync(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (crashed_ || !count_change()) return IOStatus::IOError("the machine is down");
  ++syncs_;
  if (syncs_ == crash_at_) {
    crashed_ = true;
    return IOStatus::IOError("the machine is down");
  }
  if (!failing_sync_.empty() && name.ends_with(failing_sync_)) {
    failing_sync_.clear();
    return IOStatus::IOError("Input/output error");
  }
  return IOStatus::OK();
}

void fault_file_system::synced(const std::string& name) {
  std::lock_guard lock(mutex_);
  file_state& file = files_[name];
  file.synced_size = file.size;
  file.unsynced.clear();
}

IOStatus fault_file_system::before_truncation(const std::string& name, std::uint64_t size) {
  std::lock_guard lock(mutex_);
  if (crashed_ || !count_change()) return IOStatus::IOError("the machine is down");
  file_state& file = files_[name];
  file.size = size;
  std::erase_if(file.unsynced, [&](const overwrite& o) { return o.at >= size; });
  for (overwrite& o : file.unsynced)
    o.old_bytes.resize(std::min<std::uint64_t>(o.old_bytes.size(), size - o.at));
  return IOStatus::OK();
}

void fault_file_system::synced_directory(const std::string& directory) {
  std::lock_guard lock(mutex_);
  for (auto& [name, file] : files_) {
    if (parent_of(name) == directory) file.entry_synced = true;
  }
  std::erase_if(renames_, [&](const rename& r) { return parent_of(r.to) == directory; });
}

IOStatus fault_file_system::NewWritableFile(const std::string& name,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (IOStatus refused = refuse_if_down(); !refused.ok()) return refused;
  std::unique_ptr<rocksdb::FSWritableFile> target;
  IOStatus status = FileSystemWrapper::NewWritableFile(name, options, &target, debug);
  if (!status.ok()) return status;
  files_[name] = {};
  *file = std::make_unique<fault_file>(std::move(target), *this, name);
  return status;
}

IOStatus fault_file_system::ReopenWritableFile(const std::string& name,
                                               const rocksdb::FileOptions& options,
                                               std::unique_ptr<rocksdb::FSWritableFile>* file,
                                               IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (IOStatus refused = refuse_if_down(); !refused.ok()) return refused;
  std::unique_ptr<rocksdb::FSWritableFile> target;
  IOStatus status = FileSystemWrapper::ReopenWritableFile(name, options, &target, debug);
  if (!status.ok()) return status;
  if (!files_.contains(name)) {
    const std::uint64_t size = std::filesystem::file_size(name);
    files_[name] = {size, size, true};
  }
  *file = std::make_unique<fault_file>(std::move(target), *this, name);
  return status;
}

IOStatus fault_file_system::NewDirectory(const std::string& name, const IOOptions& options,
                                         std::unique_ptr<rocksdb::FSDirectory>* directory,
                                         IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> target;
  IOStatus status = FileSystemWrapper::NewDirectory(name, options, &target, debug);
  if (status.ok()) *directory = std::make_unique<fault_directory>(std::move(target), *this, name);
  return status;
}

IOStatus fault_file_system::RenameFile(const std::string& from, const std::string& to,
                                       const IOOptions& options, IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (IOStatus refused = refuse_if_down(); !refused.ok()) return refused;
  if (std::filesystem::is_directory(from)) {
    rename_tracked(from + "/", to + "/");
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }
  rename undo{from, to, std::nullopt, {}};
  if (std::filesystem::exists(to)) {
    undo.replaced = read_all(to);
    const std::uint64_t size = undo.replaced->size();
    undo.replaced_state = files_.contains(to) ? files_[to] : file_state{size, size, true};
  }
  IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  const std::uint64_t size = std::filesystem::file_size(to);
  files_[to] = files_.contains(from) ? files_[from] : file_state{size, size, true};
  files_.erase(from);
  renames_.push_back(std::move(undo));
  return status;
}

void fault_file_system::rename_tracked(const std::string& from, const std::string& to) {
  std::map<std::string, file_state> renamed;
  for (const auto& [name, file] : files_) {
    const bool inside = name.starts_with(from);
    renamed[inside ? to + name.substr(from.size()) : name] = file;
  }
  files_ = std::move(renamed);
}

IOStatus fault_file_system::LinkFile(const std::string& from, const std::string& to,
                                     const IOOptions& options, IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (IOStatus refused = refuse_if_down(); !refused.ok()) return refused;
  IOStatus status = FileSystemWrapper::LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  const std::uint64_t size = std::filesystem::file_size(to);
  files_[to] = files_.contains(from) ? files_[from] : file_state{size, size, true};
  files_[to].entry_synced = false;
  return status;
}

IOStatus fault_file_system::DeleteFile(const std::string& name, const IOOptions& options,
                                       IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (IOStatus refused = refuse_if_down(); !refused.ok()) return refused;
  files_.erase(name);
  return FileSystemWrapper::DeleteFile(name, options, debug);
}

IOStatus fault_file_system::CreateDirIfMissing(const std::string& name, const IOOptions& options,
                                               IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (IOStatus refused = refuse_if_down(); !refused.ok()) return refused;
  return FileSystemWrapper::CreateDirIfMissing(name, options, debug);
}

IOStatus fault_file_system::GetFreeSpace(const std::string& path, const IOOptions& options,
                                         std::uint64_t* free_bytes, IODebugContext* debug) {
  std::lock_guard lock(mutex_);
  if (!space_) return FileSystemWrapper::GetFreeSpace(path, options, free_bytes, debug);
  *free_bytes = *space_;
  return IOStatus::OK();
}

fault_env::fault_env()
    : files(std::make_shared<fault_file_system>()),
      composite(rocksdb::NewCompositeEnv(files)),
      env(std::make_unique<hasty_env>(composite.get(), files)) {}

void flip_bit(const std::string& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

}  // namespace taskdriver::testing
