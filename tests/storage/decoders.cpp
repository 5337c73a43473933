// All decoders, each with the check that it and its encoder agree.
#include "tests/storage/decoders.hpp"

#include "base/check.hpp"
#include "storage/entry_group.hpp"
#include "storage/format_file.hpp"
#include "storage/log_codec.hpp"
#include "storage/payload_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage::testing {
namespace {

template <class Record>
void decode_one(std::string_view bytes) {
  const auto record = decode_record<Record>(bytes);
  if (!record) return;
  std::string again;
  encode_record(again, *record);
  TASKDRIVER_CHECK(again == bytes, "a value has one encoding");
}

/// Builds the payload again from what it is told.
class rebuilding final : public payload_visitor {
public:
  void put(std::string_view key, std::string_view value) override { built.put(key, value); }
  void erase(std::string_view key) override { built.erase(key); }
  void erase_range(std::string_view begin, std::string_view end) override {
    built.erase_range(begin, end);
  }
  payload_builder built;
};

}  // namespace

void decode_everything(std::string_view bytes) {
  decode_one<domain::project>(bytes);
  decode_one<domain::project_counters>(bytes);
  decode_one<domain::activity_bucket>(bytes);
  decode_one<domain::task_type>(bytes);
  decode_one<domain::task_spec>(bytes);
  decode_one<domain::task_progress>(bytes);
  decode_one<domain::attempt>(bytes);
  decode_one<domain::lease>(bytes);
  decode_one<domain::session>(bytes);
  decode_one<domain::directory_entry>(bytes);
  if (const auto group = entry_group::decode(bytes)) {
    std::string again;
    group->encode(again);
    TASKDRIVER_CHECK(again == bytes, "a group has one encoding");
  }
  (void)decode_count(bytes);
  (void)decode_number(bytes);
  (void)decode_base(bytes);
  (void)decode_entry(entry_key(shard_id{1}, 1), bytes);
  (void)decode_entry(bytes, "");
  (void)parse_format(bytes);
  rebuilding visitor;
  if (visit_payload(bytes, visitor).ok()) {
    TASKDRIVER_CHECK(visitor.built.take() == bytes, "a payload has one encoding");
  }
}

}  // namespace taskdriver::storage::testing
