// Records of the register to lines "name value ..." and back, strictly: a value that a newer
// version wrote in another format is refused, never half understood.
#include "cluster/coordinator/register_codec.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

namespace taskdriver::cluster {
namespace {

constexpr std::size_t text_bytes_max = 64 << 10;
constexpr std::size_t word_bytes_max = 512;
/// Stands for an empty name or address.
constexpr std::string_view no_word = "\"\"";

class line_writer {
public:
  explicit line_writer(std::string_view kind) {
    out_.append("taskdriver-").append(kind).append(" 1\n");
  }
  template <class... Words>
  void line(std::string_view name, const Words&... words) {
    out_ += name;
    ((out_ += ' ', append(words)), ...);
    out_ += '\n';
  }
  static std::string hex(std::uint64_t n) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + 16, n, 16).ptr;
    return std::string(16 - static_cast<std::size_t>(end - digits), '0').append(digits, end);
  }
  std::string take() { return std::move(out_); }

private:
  void append(std::string_view word) { out_ += word.empty() ? no_word : word; }
  template <class Number>
  requires std::is_integral_v<Number>
  void append(Number n) { out_ += std::to_string(n); }
  std::string out_;
};

/// The lines of a text by their names. Like byte_reader it remembers the first thing that is wrong,
/// so that callers check once, at the end.
class line_reader {
public:
  using words = std::vector<std::string_view>;

  line_reader(std::string_view kind, std::string_view text) : kind_(kind) {
    read_lines(text);
    const words version = one("taskdriver-" + std::string(kind_), 1);
    if (ok_ && version.front() != "1") fail("has a version this program does not know");
  }

  /// The words of the one line `name`, exactly `count`.
  words one(std::string_view name, std::size_t count) {
    std::vector<words> all = every(name, count);
    if (all.size() != 1) fail("needs one line \"" + std::string(name) + "\"");
    return ok_ ? all.front() : words(count);
  }
  /// The words of all lines `name`, in their order.
  std::vector<words> every(std::string_view name, std::size_t count) {
    const auto found = lines_.find(name);
    if (found == lines_.end()) return {};
    std::vector<words> all = std::move(found->second);
    lines_.erase(found);
    for (const words& line : all)
      if (line.size() != count) fail("has a malformed line \"" + std::string(name) + "\"");
    return ok_ ? all : std::vector<words>();
  }

  static std::string text(std::string_view word) {
    return std::string(word == no_word ? std::string_view() : word);
  }
  template <class Number>
  Number number(std::string_view word) {
    return parse<Number>(word, 10);
  }
  std::uint64_t hex(std::string_view word) {
    if (word.size() != 16) fail("has an id that is not 16 hexadecimal digits");
    return parse<std::uint64_t>(word, 16);
  }
  bool flag(std::string_view word) {
    if (word != "yes" && word != "no") fail("has a flag that is neither yes nor no");
    return word == "yes";
  }

  void fail(const std::string& what) {
    if (ok_) wrong_ = "the register's " + std::string(kind_) + " " + what;
    ok_ = false;
  }
  template <class Record>
  result<Record> finish(Record record) {
    if (!lines_.empty()) fail("has an unknown line \"" + std::string(lines_.begin()->first) + "\"");
    if (!ok_) return error_info{errc::internal, wrong_};
    return record;
  }

private:
  void read_lines(std::string_view text) {
    if (text.size() > text_bytes_max) return fail("is too long");
    if (text.empty() || text.back() != '\n') return fail("does not end with a line");
    while (!text.empty()) {
      const auto end = text.find('\n');
      const words line = split(text.substr(0, end));
      if (line.empty()) return fail("has an empty line or a stray blank");
      lines_[line.front()].emplace_back(line.begin() + 1, line.end());
      text.remove_prefix(end + 1);
    }
  }
  /// Empty if the line is not words with single blanks between them.
  static words split(std::string_view line) {
    words found;
    while (true) {
      const auto end = std::min(line.find(' '), line.size());
      const std::string_view word = line.substr(0, end);
      const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
      });
      if (word.empty() || word.size() > word_bytes_max || !plain) return {};
      found.push_back(word);
      if (end == line.size()) return found;
      line.remove_prefix(end + 1);
    }
  }
  /// Only the shortest decimal form counts, so that a value has one text.
  template <class Number>
  Number parse(std::string_view word, int base) {
    Number n{};
    const char* const end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, n, base);
    const bool padded = base == 10 && word.size() > 1 && word.front() == '0';
    if (word.empty() || parsed.ec != std::errc() || parsed.ptr != end || padded)
      return fail("has a malformed number"), Number{};
    return n;
  }

  std::string_view kind_;
  std::map<std::string_view, std::vector<words>> lines_;
  bool ok_ = true;
  std::string wrong_;
};

std::string_view name_of(node_state state) {
  switch (state) {
    case node_state::up:
      return "up";
    case node_state::draining:
      return "draining";
    case node_state::removed:
      return "removed";
  }
  return "";
}

node_state state_of(std::string_view word, line_reader& in) {
  for (const node_state state : {node_state::up, node_state::draining, node_state::removed})
    if (word == name_of(state)) return state;
  in.fail("has an unknown state");
  return node_state::up;
}

template <class Item>
void sort_unique(std::vector<Item>& items, line_reader& in) {
  std::sort(items.begin(), items.end());
  if (std::adjacent_find(items.begin(), items.end()) != items.end()) in.fail("names a node twice");
}

}  // namespace

std::string encode(const cluster_record& record) {
  line_writer out("cluster");
  out.line("format", record.format);
  out.line("shards", record.shards);
  out.line("min_in_sync", record.min_in_sync);
  out.line("created_ms", record.created_ms);
  out.line("id", line_writer::hex(record.id));
  if (!record.founder.node.empty())
    out.line("founder", record.founder.node, line_writer::hex(record.founder.store));
  return out.take();
}

result<cluster_record> decode_cluster_record(std::string_view text) {
  line_reader in("cluster", text);
  cluster_record record;
  record.format = in.number<std::uint32_t>(in.one("format", 1)[0]);
  record.shards = in.number<std::uint16_t>(in.one("shards", 1)[0]);
  record.min_in_sync = in.number<std::uint32_t>(in.one("min_in_sync", 1)[0]);
  record.created_ms = in.number<std::int64_t>(in.one("created_ms", 1)[0]);
  record.id = in.hex(in.one("id", 1)[0]);
  const auto founder = in.every("founder", 2);
  if (founder.size() > 1) in.fail("needs at most one line \"founder\"");
  if (founder.size() == 1) record.founder = {in.text(founder[0][0]), in.hex(founder[0][1])};
  return in.finish(record);
}

std::string encode(const node_record& record) {
  line_writer out("node");
  out.line("store", line_writer::hex(record.store));
  out.line("cluster_address", record.cluster_address);
  out.line("http_address", record.http_address);
  out.line("state", name_of(record.state));
  return out.take();
}

result<node_record> decode_node_record(std::string_view text) {
  line_reader in("node", text);
  node_record record;
  record.store = in.hex(in.one("store", 1)[0]);
  record.cluster_address = in.text(in.one("cluster_address", 1)[0]);
  record.http_address = in.text(in.one("http_address", 1)[0]);
  record.state = state_of(in.one("state", 1)[0], in);
  return in.finish(std::move(record));
}

std::string encode(const live_record& record) {
  line_writer out("live");
  out.line("store", line_writer::hex(record.store));
  out.line("boot", line_writer::hex(record.boot));
  out.line("version", record.version);
  out.line("cluster_address", record.cluster_address);
  out.line("http_address", record.http_address);
  return out.take();
}

result<live_record> decode_live_record(std::string_view text) {
  line_reader in("live", text);
  live_record record;
  record.store = in.hex(in.one("store", 1)[0]);
  record.boot = in.hex(in.one("boot", 1)[0]);
  record.version = in.text(in.one("version", 1)[0]);
  record.cluster_address = in.text(in.one("cluster_address", 1)[0]);
  record.http_address = in.text(in.one("http_address", 1)[0]);
  return in.finish(std::move(record));
}

std::string encode(const shard_configuration& configuration) {
  line_writer out("shard");
  out.line("epoch", configuration.epoch);
  out.line("primary", configuration.primary);
  for (const member& m : configuration.in_sync)
    out.line("in_sync", m.node, line_writer::hex(m.store));
  out.line("handover", configuration.handover ? "yes" : "no");
  out.line("min_in_sync", configuration.min_in_sync);
  out.line("change", configuration.change.node, line_writer::hex(configuration.change.boot),
           configuration.change.counter);
  return out.take();
}

result<shard_configuration> decode_shard_configuration(std::string_view text) {
  line_reader in("shard", text);
  shard_configuration read;
  read.epoch = in.number<std::uint64_t>(in.one("epoch", 1)[0]);
  read.primary = in.text(in.one("primary", 1)[0]);
  for (const auto& words : in.every("in_sync", 2))
    read.in_sync.push_back({in.text(words[0]), in.hex(words[1])});
  sort_unique(read.in_sync, in);
  read.handover = in.flag(in.one("handover", 1)[0]);
  read.min_in_sync = in.number<std::uint32_t>(in.one("min_in_sync", 1)[0]);
  const auto change = in.one("change", 3);
  read.change = {in.text(change[0]), in.hex(change[1]), in.number<std::uint64_t>(change[2])};
  return in.finish(std::move(read));
}

std::string encode(const shard_placement& placement) {
  line_writer out("placement");
  for (const node_name& node : placement.replicas) out.line("replica", node);
  if (!placement.primary.empty()) out.line("primary", placement.primary);
  if (placement.min_in_sync != 0) out.line("min_in_sync", placement.min_in_sync);
  if (placement.pinned) out.line("pinned", "yes");
  return out.take();
}

result<shard_placement> decode_shard_placement(std::string_view text) {
  line_reader in("placement", text);
  shard_placement read;
  for (const auto& words : in.every("replica", 1)) read.replicas.push_back(in.text(words[0]));
  sort_unique(read.replicas, in);
  const auto primary = in.every("primary", 1);
  if (primary.size() > 1) in.fail("needs at most one line \"primary\"");
  if (primary.size() == 1) read.primary = in.text(primary[0][0]);
  const auto min_in_sync = in.every("min_in_sync", 1);
  if (min_in_sync.size() > 1) in.fail("needs at most one line \"min_in_sync\"");
  if (min_in_sync.size() == 1) read.min_in_sync = in.number<std::uint32_t>(min_in_sync[0][0]);
  const auto pinned = in.every("pinned", 1);
  if (pinned.size() > 1) in.fail("needs at most one line \"pinned\"");
  if (pinned.size() == 1) read.pinned = in.flag(pinned[0][0]);
  return in.finish(std::move(read));
}

}  // namespace taskdriver::cluster
