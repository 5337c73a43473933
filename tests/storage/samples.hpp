// One record of each kind with every field set, for tests of encodings and for the golden files.
#pragma once

#include "domain/changes.hpp"

namespace taskdriver::storage::testing {

domain::project sample_project();
domain::project_counters sample_counters();
domain::activity_bucket sample_activity();
domain::task_type sample_type();
domain::task_spec sample_spec();
domain::task_progress sample_progress();
domain::attempt sample_attempt();
domain::lease sample_lease();
domain::session sample_session();
domain::directory_entry sample_directory_entry();
/// Every kind of change to project 7 once, adding.
domain::changes sample_changes();

}  // namespace taskdriver::storage::testing
