// The pages that http/ answers by itself: health, metrics and documentation.
#pragma once

#include "http/api_edge.hpp"

namespace taskdriver::http {

/// `file`: below /api/docs, empty for the page itself. Thread: any.
response local_response(local_page page, const std::string& file, const request& from,
                        const request_facts& facts, api_edge& edge);

}  // namespace taskdriver::http
