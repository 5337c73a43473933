// Every limit on what clients may send or the server keeps, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace taskdriver::domain::limits {

inline constexpr std::size_t name_length_max = 100;
inline constexpr std::size_t batch_id_length_max = 100;
inline constexpr std::size_t description_bytes_max = 64 * 1024;
inline constexpr std::size_t instructions_bytes_max = 1024 * 1024;
inline constexpr std::size_t template_bytes_max = 1024 * 1024;
inline constexpr std::size_t variables_max = 100;
inline constexpr std::size_t variable_name_length_max = 100;
inline constexpr std::size_t json_bytes_max = 1024 * 1024;  // result, outputs
inline constexpr std::size_t error_bytes_max = 64 * 1024;
inline constexpr std::size_t bulk_tasks_max = 1000;
/// Instructions of one bulk request together, also where templates made them.
inline constexpr std::size_t bulk_bytes_max = 16 * 1024 * 1024;

inline constexpr std::uint32_t retries_max = 100;
inline constexpr std::uint32_t retries_default = 3;
inline constexpr std::uint32_t lease_minutes_max = 1440;
inline constexpr std::uint32_t lease_s_max = 86400;
inline constexpr std::uint32_t lease_s_default = 600;
/// How far ahead extensions can move the end of a lease.
inline constexpr std::int64_t lease_ahead_ms_max = std::int64_t{366} * 86400 * 1000;
inline constexpr std::uint32_t reaper_minutes_max = 1440;
inline constexpr std::uint32_t reaper_minutes_default = 1;

inline constexpr std::size_t types_per_project_max = 10'000;
/// Templates of one project together: they are all in memory while it is.
inline constexpr std::size_t templates_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t sessions_per_agent_max = 100;
inline constexpr std::size_t sessions_per_project_max = 100'000;
inline constexpr std::int64_t session_extend_s_max = 86400;
inline constexpr std::int64_t session_ahead_s_max = 7 * 86400;

inline constexpr std::size_t list_limit_default = 100;
inline constexpr std::size_t list_projects_limit_max = 100;
inline constexpr std::size_t list_tasks_limit_max = 1000;
/// A page ends early, with has_more, when its tasks reach this size.
inline constexpr std::size_t list_bytes_max = 16 * 1024 * 1024;
/// Deeper pages are reached by cursor, whose cost does not grow.
inline constexpr std::size_t list_offset_max = 100'000;
inline constexpr int wait_s_max = 60;
/// Parked polls of one project; one more is answered at once, as if it did not wait.
inline constexpr std::size_t parked_polls_max = 20'000;

/// A window of the queue's head is kept in memory; the rest is in the index only.
inline constexpr std::size_t queue_window_max = 2048;
/// Task records that a project keeps in memory although the store has them, see pending_records.
inline constexpr std::size_t recent_bytes_max = 512 * 1024;
/// How many tasks of a type, and about how much text of them, one decision reads for the index of
/// duplicates, see duplicate_index.hpp.
inline constexpr std::size_t catch_up_tasks = 256;
inline constexpr std::size_t catch_up_bytes = 1024 * 1024;
/// How many queued tasks are read at once when the first one is not in memory.
inline constexpr std::size_t read_ahead_tasks = 128;
inline constexpr std::size_t read_ahead_bytes_max = 128 * 1024;

}  // namespace taskdriver::domain::limits
