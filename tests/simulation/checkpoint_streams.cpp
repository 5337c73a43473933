// Chunks as many as the pace of this history allows; everything else is the product's own.
#include "tests/simulation/checkpoint_streams.hpp"

#include <algorithm>
#include <cstring>

#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {
namespace {

using cluster::checkpoint_sender;

std::string bytes_of(std::uint64_t key, std::uint64_t size) {
  std::string bytes(sizeof key + size, '\0');
  std::memcpy(bytes.data(), &key, sizeof key);
  for (auto i = sizeof key; i < bytes.size(); ++i) bytes[i] = static_cast<char>(key * 7 + i);
  return bytes;
}

}  // namespace

void checkpoint_streams::begin(const cluster::node_name& to, checkpoint at) {
  const auto& receiver = *world_.node_named(to);
  const cluster::checkpoint_identity what{at.index, at.entry_epoch, receiver.store};
  const shard_id shard{static_cast<std::uint16_t>(host_.shard())};
  const auto key = world_.keep_checkpoint(std::move(at));
  // An earlier leadership may have left one under way.
  out_.erase(receiver.index);
  auto bytes = bytes_of(key, world_.rules().state_bytes);
  outgoing fresh{{shard, world_.random().next(), what, host_.now_ms()},
                 std::move(bytes),
                 world_.network().connection(node_.index, receiver.index)};
  const auto& stream = out_.emplace(receiver.index, std::move(fresh)).first->second;
  world_.notes().add(note::checkpoint, world_.now_us(), node_.index, what.index);
  if (world_.notes().prints())
    world_.notes().line(world_.now_us(), "  " + node_.name + " streams the state of " +
                                             std::to_string(what.index) + " to " + to);
  send(receiver.index, stream.sender.begin());
}

void checkpoint_streams::send(node_index to, const cluster::checkpoint_frame& frame) {
  world_.send_frame(node_, to, host_.shard(), cluster::encode_checkpoint_frame(frame));
}

void checkpoint_streams::send_some(node_index to, outgoing& stream) {
  auto left = world_.rules().chunks_per_tick;
  const auto size = world_.rules().chunk_bytes;
  for (; left > 0 && stream.sent < stream.bytes.size() && stream.sender.may_send(); --left) {
    send(to, stream.sender.chunk(stream.bytes.substr(stream.sent, size)));
    stream.sent = std::min<std::size_t>(stream.sent + size, stream.bytes.size());
  }
  if (stream.sent == stream.bytes.size() &&
      stream.sender.now() == checkpoint_sender::state::sending)
    send(to, stream.sender.end());
}

/// Heartbeats notice sooner or later.
bool checkpoint_streams::broken(node_index peer, std::uint32_t connection) const {
  return world_.network().connection(node_.index, peer) != connection && world_.random().one_in(20);
}

void checkpoint_streams::frame(const frame_arrives& f) {
  auto frame = cluster::decode_checkpoint_frame(f.bytes);
  require(frame.has_value(), "a frame of a checkpoint cannot be decoded");
  const auto out = out_.find(f.from);
  if (out != out_.end()) out->second.sender.heard(*frame, host_.now_ms());
  auto in = in_.find(f.from);
  if (in == in_.end()) in = in_.emplace(f.from, incoming{{frame->shard, node_.store}, {}}).first;
  in->second.connection = f.connection;
  take(f.from, in->second, std::move(*frame));
}

void checkpoint_streams::take(node_index from, incoming& stream, cluster::checkpoint_frame frame) {
  auto taken = stream.receiver.take(std::move(frame), host_.now_ms());
  if (taken.begins || taken.abandoned) stream.bytes.clear();
  if (taken.begins) stream.begun_ms = host_.now_ms();
  if (!taken.gather.empty()) {
    stream.bytes += taken.gather;
    if (const auto credit = stream.receiver.gathered()) send(from, *credit);
  }
  for (const auto& answer : taken.answers) send(from, answer);
  if (taken.complete) complete(from, stream, taken.identity);
}

void checkpoint_streams::complete(node_index from, const incoming& stream,
                                  const cluster::checkpoint_identity& what) {
  std::uint64_t key = 0;
  const auto& bytes = stream.bytes;
  require(bytes.size() >= sizeof key, "a checkpoint arrives in part");
  std::memcpy(&key, bytes.data(), sizeof key);
  require(bytes == bytes_of(key, world_.rules().state_bytes), "a checkpoint arrives damaged");
  const auto& at = world_.kept_checkpoint(key);
  require(at.index == what.index && at.entry_epoch == what.entry_epoch,
          "a checkpoint is not what it is said to be");
  world_.write(node_, host_.shard(), gather_state{at, from, stream.begun_ms});
}

void checkpoint_streams::tick() {
  for (auto& [from, stream] : in_)
    if (stream.receiver.under_way() &&
        (broken(from, stream.connection) || stream.receiver.overdue(host_.now_ms())))
      stream.receiver.abandon();
  for (auto at = out_.begin(); at != out_.end();) {
    const auto to = at->first;
    auto& sender = at->second.sender;
    const auto connection = at->second.connection;
    send_some(to, at->second);
    const auto state = sender.now();
    const bool over =
        state == checkpoint_sender::state::complete || state == checkpoint_sender::state::aborted;
    if (!over && !broken(to, connection) && !sender.overdue(host_.now_ms())) {
      ++at;
      continue;
    }
    at = out_.erase(at);
    host_.step(cluster::checkpoint_sent_input{world_.node(to).name});
    if (node_.doomed) return;
  }
}

std::optional<checkpoint> checkpoint_streams::take_kept(std::uint64_t index,
                                                        std::uint64_t entry_epoch) {
  if (!kept_ || kept_->index != index || kept_->entry_epoch != entry_epoch) return std::nullopt;
  return std::exchange(kept_, std::nullopt);
}

}  // namespace taskdriver::simulation
