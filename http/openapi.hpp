// The OpenAPI 3.1 document of /api/openapi.json: the route table plus http/openapi_schemas.json.
#pragma once

#include <span>
#include <string>

#include "http/route.hpp"

namespace taskdriver::http {

/// The names that a route's request_schema and response_schema may have (openapi_schemas.json):
///
/// requests: LoginRequest, SessionUpdate, ProjectCreate, ProjectUpdate, TaskTypeCreate,
///   TaskTypeUpdate, TaskCreate, TaskBulkCreate, TaskUpdate, NextTaskRequest, TaskComplete,
///   TaskFail, LeaseExtension
/// responses (what `data` holds): Login, Session, Message, Project, ProjectList, ProjectStats,
///   TaskType, TaskTypeList, Task, TaskList, BulkResult, AgentList, PeekResult, Claim,
///   CleanupResult
///
/// `routes` is the table of the router; paths outside it (/health, /metrics, …) come from the JSON
/// file. A route or schema name that the file does not know is a programmer error and aborts:
/// make the document once, at start.
std::string openapi_document(std::span<const route> table);

}  // namespace taskdriver::http
