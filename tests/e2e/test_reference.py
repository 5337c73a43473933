"""Every route of the API reference on projects, types, tasks and the queue, to the letter."""

import unittest

from api import ISO_8601, UUID, ApiTest, unique

NUMBER = (int, float)
STATS = {"totalTasks": int, "completedTasks": int, "failedTasks": int, "queuedTasks": int,
         "runningTasks": int}
NO_TASKS_YET = dict.fromkeys(STATS, 0)
SECURITY_TASK = {
    "instructions": "Analyze security vulnerabilities in authentication system",
    "variables": {
        "repository_url": "https://github.com/company/webapp",
        "security_aspects": "authentication,authorization,input-validation",
    },
    "batchId": "batch-security-audit-2024",
}
COMPLETION = {
    "agentName": "security-analysis-agent",
    "result": "Security analysis completed successfully. Found 3 critical vulnerabilities.",
    "outputs": {
        "vulnerabilities_found": 8,
        "critical_count": 3,
        "high_count": 0,
        "medium_count": 5,
        "report_url": "https://reports.example.com/security-123",
    },
}
FAILURE = {
    "agentName": "security-analysis-agent",
    "error": "Repository access denied. Authentication failed.",
    "canRetry": True,
}
AGENT = "security-analysis-agent"


class ReferenceTest(ApiTest):
    def succeeds(self, status, answer):
        """The data of a success."""
        self.expect(status, answer)
        self.assertIs(answer.json["success"], True, str(answer))
        self.assertIn("application/json", answer.headers["content-type"])
        return answer.json["data"]

    def is_time(self, *values):
        for value in values:
            self.assertRegex(value, ISO_8601)

    def is_project(self, project):
        self.has_fields(project, id=str, name=str, status=str, createdAt=str, updatedAt=str,
                        config=dict, stats=dict)
        self.assertRegex(project["id"], UUID)
        self.is_time(project["createdAt"], project["updatedAt"])
        self.has_fields(project["config"], defaultMaxRetries=int,
                        defaultLeaseDurationMinutes=NUMBER, reaperIntervalMinutes=NUMBER)
        self.has_fields(project["stats"], **STATS)

    def is_type(self, kind):
        self.has_fields(kind, id=str, projectId=str, name=str, variables=list,
                        duplicateHandling=str, maxRetries=int, leaseDurationMinutes=NUMBER,
                        createdAt=str, updatedAt=str)

    def is_task(self, task):
        self.has_fields(task, id=str, projectId=str, typeId=str, instructions=str, status=str,
                        createdAt=str, updatedAt=str, retryCount=int, maxRetries=int,
                        leaseEpoch=int, attempts=list)
        self.assertRegex(task["id"], UUID)
        self.is_time(task["createdAt"], task["updatedAt"])

    def security_type(self, project):
        return self.succeeds(201, self.admin.post(f"/api/projects/{project['id']}/task-types", {
            "name": "code-security-analysis",
            "template": "Analyze {{repository_url}} for security vulnerabilities focusing on "
                        "{{security_aspects}}",
            "variables": ["repository_url", "security_aspects"],
            "duplicateHandling": "ignore",
            "maxRetries": 3,
            "leaseDurationMinutes": 30,
        }))

    def security_task(self):
        project = self.project()
        kind = self.security_type(project)
        task = self.task(project, kind, **SECURITY_TASK)
        return project, kind, task


class Projects(ReferenceTest):
    def test_post_projects_with_the_documented_body(self):
        sent = {
            "name": "ai-analysis",
            "description": "AI-powered code analysis project",
            "instructions": "Follow security best practices when analyzing code...",
            "config": {
                "defaultMaxRetries": 3,
                "defaultLeaseDurationMinutes": 15,
                "reaperIntervalMinutes": 2,
            },
        }
        project = self.succeeds(201, self.admin.post("/api/projects", sent))
        self.is_project(project)
        for name in ("name", "description", "instructions"):
            self.assertEqual(project[name], sent[name])
        self.assertEqual({key: project["config"][key] for key in sent["config"]}, sent["config"])
        self.assertEqual((project["status"], project["stats"]), ("active", NO_TASKS_YET))

    def test_get_projects_lists_them_with_config_and_stats(self):
        project, _, _ = self.workshop(tasks=2)
        listed = self.succeeds(200, self.admin.get("/api/projects", limit=100))
        found = [each for each in listed if each["id"] == project["id"]]
        self.assertEqual(len(found), 1)
        self.is_project(found[0])
        self.assertEqual(found[0]["stats"], {**NO_TASKS_YET, "totalTasks": 2, "queuedTasks": 2})

    def test_get_projects_filters_by_status_and_pages_by_limit_and_offset(self):
        first, second = self.project(), self.project()
        self.admin.put(f"/api/projects/{first['id']}", {"status": "closed"})

        def ids(**query):
            return [each["id"] for each in
                    self.succeeds(200, self.admin.get("/api/projects", limit=100, **query))]
        self.assertIn(first["id"], ids(status="closed"))
        self.assertNotIn(second["id"], ids(status="closed"))
        self.assertIn(second["id"], ids(status="active"))
        self.assertNotIn(first["id"], ids(status="active"))
        everything = ids(status="all")
        self.assertTrue({first["id"], second["id"]} <= set(everything))
        page = self.succeeds(200, self.admin.get("/api/projects", status="all", limit=1, offset=1))
        self.assertEqual([each["id"] for each in page], everything[1:2])

    def test_get_project(self):
        project = self.project(description="d", instructions="i")
        self.assertEqual(
            self.succeeds(200, self.admin.get(f"/api/projects/{project['id']}")), project)

    def test_put_project_with_the_documented_body(self):
        project = self.project()
        changed = self.succeeds(200, self.admin.put(f"/api/projects/{project['id']}", {
            "description": "Updated description",
            "instructions": "Updated instructions...",
            "status": "active",
            "config": {
                "defaultMaxRetries": 5,
            },
        }))
        self.is_project(changed)
        self.assertEqual((changed["description"], changed["instructions"], changed["status"]),
                         ("Updated description", "Updated instructions...", "active"))
        self.assertEqual(changed["config"], {**project["config"], "defaultMaxRetries": 5})
        self.assertEqual(changed, self.read_project(project))

    def test_delete_project(self):
        project = self.project()
        gone = self.succeeds(200, self.admin.delete(f"/api/projects/{project['id']}"))
        self.has_fields(gone, message=str)
        self.refused(404, self.admin.get(f"/api/projects/{project['id']}"))

    def test_get_project_stats(self):
        project, _, _ = self.workshop(tasks=3)
        done = self.claim("a", project)
        self.expect(200, self.complete(done, "a"))
        self.claim("a", project)
        stats = self.succeeds(200, self.admin.get(f"/api/projects/{project['id']}/stats"))
        self.assertEqual((stats["project"]["id"], stats["project"]["name"]),
                         (project["id"], project["name"]))
        self.assertEqual(stats["project"]["stats"],
                         {"totalTasks": 3, "completedTasks": 1, "failedTasks": 0,
                          "queuedTasks": 1, "runningTasks": 1})
        self.assertEqual((stats["queueDepth"], stats["activeAgents"]), (1, 1))
        recent = stats["recentActivity"]
        self.assertEqual((recent["tasksCompletedLastHour"], recent["tasksFailedLastHour"]), (1, 0))
        self.has_fields(recent, averageTaskDuration=NUMBER)


class TaskTypes(ReferenceTest):
    def test_post_task_types_with_the_documented_body(self):
        project = self.project()
        kind = self.security_type(project)
        self.is_type(kind)
        self.assertEqual((kind["projectId"], kind["name"]),
                         (project["id"], "code-security-analysis"))
        self.assertEqual(kind["variables"], ["repository_url", "security_aspects"])
        self.assertEqual((kind["duplicateHandling"], kind["maxRetries"],
                          kind["leaseDurationMinutes"]), ("ignore", 3, 30))
        self.assertIn("{{repository_url}}", kind["template"])

    def test_get_task_types_lists_those_of_the_project(self):
        project = self.project()
        kinds = [self.task_type(project) for _ in range(3)]
        self.assertEqual(self.succeeds(
            200, self.admin.get(f"/api/projects/{project['id']}/task-types")), kinds)

    def test_get_task_type(self):
        kind = self.security_type(self.project())
        self.assertEqual(self.succeeds(200, self.admin.get(f"/api/task-types/{kind['id']}")), kind)

    def test_put_task_type_with_the_documented_body(self):
        kind = self.task_type(self.project(), template="Old")
        changed = self.succeeds(200, self.admin.put(f"/api/task-types/{kind['id']}", {
            "template": "Updated template...",
            "maxRetries": 5,
        }))
        self.is_type(changed)
        self.assertEqual((changed["template"], changed["maxRetries"]), ("Updated template...", 5))
        self.assertEqual(changed["name"], kind["name"])

    def test_delete_task_type(self):
        kind = self.task_type(self.project())
        gone = self.succeeds(200, self.admin.delete(f"/api/task-types/{kind['id']}"))
        self.has_fields(gone, message=str)
        self.refused(404, self.admin.get(f"/api/task-types/{kind['id']}"))


class Tasks(ReferenceTest):
    def test_post_tasks_with_the_documented_body(self):
        project, kind, task = self.security_task()
        self.is_task(task)
        self.assertEqual((task["projectId"], task["typeId"], task["status"]),
                         (project["id"], kind["id"], "queued"))
        for name, value in SECURITY_TASK.items():
            self.assertEqual(task[name], value)

    def test_post_tasks_bulk_with_the_documented_body(self):
        project = self.project()
        kind = self.security_type(project)
        created = self.succeeds(201, self.admin.post(f"/api/projects/{project['id']}/tasks/bulk", {
            "tasks": [
                {
                    "typeId": kind["id"],
                    "instructions": "Analyze module A",
                    "variables": {"module": "authentication"},
                },
                {
                    "typeId": kind["id"],
                    "instructions": "Analyze module B",
                    "variables": {"module": "authorization"},
                },
            ],
            "batchId": "batch-security-audit-2024",
        }))
        self.assertEqual((created["tasksCreated"], created["tasksSkipped"], created["errors"]),
                         (2, 0, []))
        self.assertEqual(created["batchId"], "batch-security-audit-2024")
        self.assertEqual([task["instructions"] for task in created["createdTasks"]],
                         ["Analyze module A", "Analyze module B"])
        for task in created["createdTasks"]:
            self.is_task(task)
            self.assertEqual(task["batchId"], "batch-security-audit-2024")

    def test_get_tasks_lists_and_filters(self):
        project, kind, _ = self.workshop()
        other = self.task_type(project)
        in_batch = self.task(project, kind, batchId="b-1")
        plain = self.task(project, kind)
        of_other = self.task(project, other)
        running = self.claim("someone", project)

        def ids(**query):
            answer = self.admin.get(f"/api/projects/{project['id']}/tasks", **query)
            return [task["id"] for task in self.succeeds(200, answer)]
        everything = [in_batch["id"], plain["id"], of_other["id"]]
        self.assertEqual(running["id"], in_batch["id"])
        self.assertEqual(ids(), everything)
        self.assertEqual(ids(status="queued"), everything[1:])
        self.assertEqual(ids(status="running"), everything[:1])
        self.assertEqual(ids(status="completed"), [])
        self.assertEqual(ids(status="failed"), [])
        self.assertEqual(ids(assignedTo="someone"), everything[:1])
        self.assertEqual(ids(assignedTo="nobody"), [])
        self.assertEqual(ids(batchId="b-1"), everything[:1])
        self.assertEqual(ids(typeId=other["id"]), everything[2:])
        self.assertEqual(ids(limit=1, offset=1), everything[1:2])
        self.assertEqual(ids(status="queued", typeId=kind["id"]), everything[1:2])

    def test_get_task(self):
        _, _, task = self.security_task()
        self.assertEqual(self.succeeds(200, self.admin.get(f"/api/tasks/{task['id']}")), task)

    def test_put_task_with_the_documented_body(self):
        _, _, task = self.security_task()
        changed = self.succeeds(200, self.admin.put(f"/api/tasks/{task['id']}", {
            "instructions": "Updated instructions...",
            "variables": {
                "updated_variable": "new_value",
            },
        }))
        self.is_task(changed)
        self.assertEqual(changed["instructions"], "Updated instructions...")
        self.assertEqual(changed["variables"]["updated_variable"], "new_value")

    def test_delete_task(self):
        project, _, (task,) = self.workshop(tasks=1)
        gone = self.succeeds(200, self.admin.delete(f"/api/tasks/{task['id']}"))
        self.has_fields(gone, message=str)
        self.refused(404, self.admin.get(f"/api/tasks/{task['id']}"))
        self.assertEqual(self.read_project(project)["stats"], NO_TASKS_YET)


class Queue(ReferenceTest):
    def test_get_agents_lists_those_with_a_lease(self):
        project, _, task = self.security_task()
        path = f"/api/projects/{project['id']}/agents"
        self.assertEqual(self.succeeds(200, self.admin.get(path)), [])
        claimed = self.claim(AGENT, project)
        self.assertEqual(self.succeeds(200, self.admin.get(path)), [{
            "agentName": AGENT, "taskId": task["id"], "assignedAt": claimed["assignedAt"],
            "leaseExpiresAt": claimed["leaseExpiresAt"], "status": "running"}])

    def test_get_peek_next_task_tells_how_many_and_assigns_none(self):
        project, _, _ = self.workshop(tasks=5)
        for _ in range(2):
            self.assertEqual(self.succeeds(
                200, self.admin.get(f"/api/projects/{project['id']}/peek-next-task")),
                {"projectId": project["id"], "tasksAvailable": 5})

    def test_post_next_task_gives_the_documented_answer(self):
        project, kind, created = self.security_task()
        data = self.succeeds(200, self.ask_next(self.admin, AGENT, project))
        self.assertEqual(data["agentName"], AGENT)
        task = data["task"]
        self.is_task(task)
        self.is_time(task["assignedAt"], task["leaseExpiresAt"])
        self.assertEqual((task["id"], task["projectId"], task["typeId"], task["status"],
                          task["assignedTo"], task["createdAt"]),
                         (created["id"], project["id"], kind["id"], "running", AGENT,
                          created["createdAt"]))
        self.assertEqual((task["instructions"], task["variables"]),
                         (SECURITY_TASK["instructions"], SECURITY_TASK["variables"]))

    def test_post_next_task_without_a_task_gives_the_documented_answer(self):
        answer = self.expect(200, self.ask_next(self.admin, AGENT, self.project()))
        self.assertEqual(answer.json, {
            "success": False, "error": "No tasks available for assignment",
            "data": {"task": None, "agentName": AGENT}})

    def test_post_complete_with_the_documented_body(self):
        project, _, task = self.security_task()
        self.claim(AGENT, project)
        done = self.succeeds(200, self.admin.post(f"/api/tasks/{task['id']}/complete", COMPLETION))
        self.is_task(done)
        self.is_time(done["completedAt"])
        self.assertEqual((done["status"], done["assignedTo"], done["result"], done["outputs"]),
                         ("completed", AGENT, COMPLETION["result"], COMPLETION["outputs"]))
        self.assertFalse(self.ask_next(self.admin, AGENT, project).json["success"])

    def test_post_fail_with_the_documented_body(self):
        project, _, task = self.security_task()
        self.claim(AGENT, project)
        failed = self.succeeds(200, self.admin.post(f"/api/tasks/{task['id']}/fail", FAILURE))
        self.is_task(failed)
        self.assertEqual((failed["status"], failed["retryCount"]), ("queued", 1))
        attempt = failed["attempts"][0]
        self.assertEqual((attempt["agentName"], attempt["status"], attempt["error"]),
                         (AGENT, "failed", FAILURE["error"]))

    def test_post_cleanup_leases(self):
        project, _, _ = self.workshop(tasks=1)
        cleaned = self.succeeds(200,
                                self.admin.post(f"/api/projects/{project['id']}/cleanup-leases"))
        self.assertEqual(cleaned, {"reclaimedTasks": 0, "cleanedAgents": 0})

    def test_post_extend_lease_with_the_documented_body(self):
        project, _, task = self.security_task()
        agent = self.agent(unique("agent"), project)
        name = self.succeeds(200, agent.get("/api/auth/session"))["agentName"]
        before = self.claim(name, project, agent)
        after = self.succeeds(200, agent.post(f"/api/tasks/{task['id']}/extend-lease", {
            "extensionMinutes": 30,
        }))
        self.is_task(after)
        self.assertGreater(after["leaseExpiresAt"], before["leaseExpiresAt"])


if __name__ == "__main__":
    unittest.main()
