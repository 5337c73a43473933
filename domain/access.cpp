// `open` mode: sessions are unlocked by an agent's name alone, so only their own project is theirs.
#include "domain/access.hpp"

namespace taskdriver::domain {
namespace {

error_info no_session() {
  return {.code = errc::unauthenticated,
          .text =
              "Authentication required: log in and send the "
              "session token as a Bearer token"};
}

}  // namespace

bool is_read(const command& what) {
  return std::holds_alternative<get_project>(what) || std::holds_alternative<get_stats>(what) ||
         std::holds_alternative<get_type>(what) || std::holds_alternative<list_types>(what) ||
         std::holds_alternative<get_task>(what) || std::holds_alternative<list_tasks>(what) ||
         std::holds_alternative<peek_next_task>(what) ||
         std::holds_alternative<list_agents>(what) || std::holds_alternative<get_session>(what);
}

result<void> authorize(const caller& who, const command& what, project_number target) {
  if (who.admin || std::holds_alternative<login>(what)) return {};
  if (!who.with) return no_session();
  if (who.home == target || std::holds_alternative<get_project>(what)) return {};
  return error_info{.code = errc::forbidden, .text = "This session belongs to another project"};
}

result<void> authorize_directory(const caller& who) {
  if (who.admin || who.with) return {};
  return no_session();
}

}  // namespace taskdriver::domain
