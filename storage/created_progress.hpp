// The progress of a task to which nothing has happened yet: `state` does without its record.
#pragma once

#include <string_view>

namespace taskdriver::storage {

/// Nearly all tasks of a long queue are as they were created, and then a progress record says
/// nothing that the spec does not (domain::progress_as_created). Entries of the log always have it,
/// and so do checkpoints, so that a node of any version can be replica of any other. In `state` a
/// task without it is as created:
///
///   created, no more of it in the same batch --state_batch--> no record
///   anything else ------------------------------------------> the record
///   spec without progress --record_reader, checkpoint_scan, tools/inspect--> progress_as_created
///
/// The record may be there nevertheless: of a task from format 1, or from a checkpoint.
///
/// Both functions take values of `state`. A record that tells of nothing but a time:
bool is_blank(std::string_view progress);
/// A record that is blank, with the time of the task's creation.
bool says_no_more(std::string_view progress, std::string_view spec);

}  // namespace taskdriver::storage
