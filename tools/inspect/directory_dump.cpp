// Walks both column families of a shard and prints each key with its value.
#include "tools/inspect/directory_dump.hpp"

#include <ostream>

#include "base/text.hpp"
#include "base/wire.hpp"
#include "storage/entry_iterator.hpp"
#include "storage/log_codec.hpp"
#include "storage/payload_codec.hpp"
#include "storage/rocksdb_errors.hpp"
#include "tools/inspect/record_fields.hpp"
#include "tools/inspect/shard_recount.hpp"

namespace taskdriver::inspect {
namespace {

/// The key that keeps the memtable of `state` from being empty (docs/storage_format.md).
constexpr std::string_view storage_mark = "\xff\xff\xff";
constexpr std::size_t meta_key_bytes = 11;  // shard u16, 0 u64, 'b' or 's'

std::string hex(std::string_view bytes) {
  return "0x" + to_hex(bytes);
}

/// Where a key of `state` is and what it says; "malformed" beside its bytes where it says nothing.
fields where_fields(std::string_view key) {
  const auto parts = parse_state_key(key);
  if (!parts) return {{"malformed", "key"}, {"key", hex(key)}};
  fields all{{"project", raw(parts->project)}, {"kind", kind_name(parts->kind)}};
  all.update(key_fields(*parts));
  return all;
}

/// "7 spec task=42": the same for people.
std::string where_text(std::string_view key) {
  const auto parts = parse_state_key(key);
  if (!parts) return "malformed key=" + hex(key);
  const std::string more = fields_text(key_fields(*parts));
  return std::to_string(raw(parts->project)) + " " + std::string(kind_name(parts->kind)) +
         (more.empty() ? "" : " " + more);
}

fields value_json(std::string_view key, std::string_view value) {
  const auto parts = parse_state_key(key);
  if (!parts) return {{"value", hex(value)}};
  const auto known = value_fields(parts->kind, value);
  return known ? fields{{"value", *known}} : fields{{"malformed", "value"}, {"value", hex(value)}};
}

std::string value_text(std::string_view key, std::string_view value) {
  const auto parts = parse_state_key(key);
  const auto known = parts ? value_fields(parts->kind, value) : std::nullopt;
  if (!known) return (parts ? " malformed value=" : " value=") + hex(value);
  return known->empty() ? std::string() : ": " + fields_text(*known);
}

/// One operation of an entry: of which project, and as it is printed.
struct shown_operation {
  project_number project{};
  std::string text;
  fields json;
};

class operation_lister final : public storage::payload_visitor {
public:
  std::vector<shown_operation> all;

  void put(std::string_view key, std::string_view value) override {
    fields json{{"operation", "put"}};
    json.update(where_fields(key));
    json.update(value_json(key, value));
    add(key, "put " + where_text(key) + value_text(key, value), std::move(json));
  }
  void erase(std::string_view key) override {
    fields json{{"operation", "delete"}};
    json.update(where_fields(key));
    add(key, "delete " + where_text(key), std::move(json));
  }
  /// Ends of ranges need not be keys of anything.
  void erase_range(std::string_view begin, std::string_view end) override {
    add(begin,
        "delete_range project=" + std::to_string(raw(storage::project_of(begin))) +
            " begin=" + hex(begin) + " end=" + hex(end),
        {{"operation", "delete_range"},
         {"project", raw(storage::project_of(begin))},
         {"begin", hex(begin)},
         {"end", hex(end)}});
  }

private:
  void add(std::string_view key, std::string text, fields json) {
    all.push_back({storage::project_of(key), std::move(text), std::move(json)});
  }
};

class dumper {
public:
  dumper(data_directory& directory, const dump_options& options, std::ostream& out)
      : store_(*directory.store), options_(options), out_(out) {}

  result<void> run() {
    const std::uint16_t count = store_.format.shard_count;
    if (options_.shard && raw(*options_.shard) >= count) {
      return error_info{errc::validation, "there is no shard " +
                                              std::to_string(raw(*options_.shard)) +
                                              ", only 0 to " + std::to_string(count - 1)};
    }
    for (std::uint16_t n = 0; n < count; ++n) {
      if (options_.shard && *options_.shard != shard_id{n}) continue;
      auto dumped = options_.log ? dump_log(shard_id{n}) : result<void>();
      if (dumped && options_.state) dumped = dump_state(shard_id{n});
      if (!dumped) return dumped;
    }
    if (!options_.state || options_.shard || options_.project) return {};
    return dump_range(storage::shard_range_begin(shard_id{count}), "");
  }

private:
  bool done() const { return lines_ >= options_.lines_max || !out_; }

  void print(const fields& json, const std::string& text) {
    ++lines_;
    if (options_.json) {
      out_ << json.dump(-1, ' ', false, fields::error_handler_t::replace) << '\n';
    } else {
      out_ << text << '\n';
    }
  }

  result<void> dump_state(shard_id shard) {
    if (!options_.project)
      return dump_range(storage::shard_range_begin(shard), storage::shard_range_end(shard));
    storage::key_maker keys(shard, *options_.project);
    const std::string begin(keys.project_start());
    return dump_range(begin, storage::after_prefix(begin));
  }

  /// `end` empty: up to the last key.
  result<void> dump_range(const std::string& begin, const std::string& end) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    storage::entry_iterator it(
        std::unique_ptr<rocksdb::Iterator>(store_.db().NewIterator(options, store_.state)));
    for (it.seek(begin); it.valid() && !done(); it.next()) {
      const std::string_view key = it.key(), value = it.value();
      if (!end.empty() && key >= end) break;
      if (key == storage_mark) {
        print({{"family", "state"}, {"kind", "mark"}}, "state mark: behind all shards");
        continue;
      }
      const std::uint16_t shard = byte_reader(key).u16();
      fields json{{"family", "state"}, {"shard", shard}};
      json.update(where_fields(key));
      json.update(value_json(key, value));
      print(json,
            "state " + std::to_string(shard) + " " + where_text(key) + value_text(key, value));
    }
    if (!it.status().ok()) return storage::to_error(it.status(), "reading state");
    return {};
  }

  result<void> dump_log(shard_id shard) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(store_.db().NewIterator(options, store_.log));
    const std::string end = storage::shard_end(shard);
    for (it->Seek(storage::shard_range_begin(shard)); it->Valid() && !done(); it->Next()) {
      const std::string_view key = it->key().ToStringView(), value = it->value().ToStringView();
      if (key >= end) break;
      if (const auto entry = storage::decode_entry(key, value)) {
        dump_entry(*entry);
      } else if (!options_.project) {
        dump_position(shard, key, value);
      }
    }
    if (!it->status().ok()) return storage::to_error(it->status(), "reading the log");
    return {};
  }

  void dump_entry(const storage::log_entry& entry) {
    operation_lister lister;
    const auto read = storage::visit_payload(entry.payload, lister);
    if (options_.project)
      std::erase_if(lister.all, [&](const auto& one) { return one.project != *options_.project; });
    if (options_.project && lister.all.empty()) return;
    fields json{
        {"family", "log"},      {"shard", raw(entry.shard)},     {"index", entry.index},
        {"epoch", entry.epoch}, {"bytes", entry.payload.size()}, {"operations", fields::array()}};
    std::string text =
        "log " + std::to_string(raw(entry.shard)) + " entry index=" + std::to_string(entry.index) +
        " epoch=" + std::to_string(entry.epoch) + " bytes=" + std::to_string(entry.payload.size());
    for (shown_operation& one : lister.all) {
      text += "\n  " + one.text;
      json["operations"].push_back(std::move(one.json));
    }
    if (!read) {
      text += "\n  malformed payload=" + hex(entry.payload);
      json.update(fields{{"malformed", "payload"}, {"payload", hex(entry.payload)}});
    }
    print(json, text);
  }

  /// What the log keeps about the shard: base and highest epoch seen.
  void dump_position(shard_id shard, std::string_view key, std::string_view value) {
    fields what{{"malformed", "key"}, {"key", hex(key)}, {"value", hex(value)}};
    std::string name = "malformed";
    const bool meta = key.size() == meta_key_bytes;
    if (const auto base = storage::decode_base(value); meta && key.back() == 'b' && base) {
      name = "base";
      what = {{"index", base->index}, {"epoch", base->epoch}};
    }
    if (const auto seen = storage::decode_number(value); meta && key.back() == 's' && seen) {
      name = "seen";
      what = {{"epoch", *seen}};
    }
    fields json{{"family", "log"}, {"shard", raw(shard)}};
    if (name != "malformed") json["kind"] = name;
    json.update(what);
    if (name == "malformed") what.erase("malformed");
    print(json, "log " + std::to_string(raw(shard)) + " " + name + " " + fields_text(what));
  }

  storage::engine& store_;
  const dump_options& options_;
  std::ostream& out_;
  std::uint64_t lines_ = 0;
};

}  // namespace

result<void> dump_directory(data_directory& directory, const dump_options& options,
                            std::ostream& out) {
  return dumper(directory, options, out).run();
}

}  // namespace taskdriver::inspect
