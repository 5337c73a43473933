// Takes another node's checkpoint of a shard, gathers it aside, and puts it in the place of the
// shard's state, base and log.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "storage/checkpoint_codec.hpp"

namespace taskdriver::storage {

class node_store;

/// One checkpoint stream on its way in.
///
///   begin --take...--> finish (all there, fsynced aside) --install--> in place
///      \________________\____ destroyed before: as if it had never been
///
/// A crash before or in install() leaves the old state, base and log; one after it the new ones;
/// nothing leaves a mixture (docs/storage_format.md, "Installing a checkpoint"). Other shards go on
/// meanwhile.
///
/// Thread: one at a time, any; every call reads or writes the disk, so no actor's.
/// Owns: its files in <data-dir>/incoming/; one installation per shard at a time.
/// The store must outlive it.
/// Fails: validation, when the stream is malformed or of another shard or cluster; unavailable,
/// when the disk is full: nothing is changed, and the same stream may be tried again.
class shard_install {
public:
  static result<std::unique_ptr<shard_install>> begin(node_store& store, shard_id shard);
  ~shard_install();

  /// The next bytes of the stream, cut anywhere.
  result<void> take(std::string_view bytes);
  /// After the last bytes: checks that all is there. The answer is what it is a checkpoint of.
  result<checkpoint_header> finish();

  /// Replaces the shard; with keep_suffix the log's entries above header.index stay, the one at it
  /// must have header.entry_epoch, and header.index must be above all that was applied (R19).
  /// Without it, the shard may go back: what it had may be of another line (R36). From here to its
  /// return nothing of the shard may be appended, under way in a log_writer, or applied; afterwards
  /// log_writer::rejoin() goes on. Fails: unavailable (disk full: not installed), internal (disk;
  /// fatal).
  result<void> install(bool keep_suffix);

private:
  class gathering;
  explicit shard_install(std::unique_ptr<gathering> state);
  std::unique_ptr<gathering> state_;
};

}  // namespace taskdriver::storage
