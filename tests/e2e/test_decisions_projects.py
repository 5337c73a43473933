"""Decisions A9 and A10 of the design: names, limits, inheritance, updates, closing, deleting."""

import unittest

from api import ApiTest, unique


class A9Names(ApiTest):
    def test_names_are_1_to_100_letters_digits_hyphens_and_underscores(self):
        project = self.project()
        types = f"/api/projects/{project['id']}/task-types"
        for path in ("/api/projects", types):
            for good in ("A", "a-b_C9", unique("x").ljust(100, "x")):
                self.expect(201, self.admin.post(path, {"name": good}))
            for bad in ("", "a" * 101, "a b", "a.b", "a/b", "ä", "a\n", 7, None, ["a"]):
                with self.subTest(f"{path} {bad!r}"):
                    self.invalid(self.admin.post(path, {"name": bad}), "name")
            self.invalid(self.admin.post(path, {}), "name")

    def test_project_names_are_unique_in_the_cluster(self):
        project = self.project()
        self.refused(409, self.admin.post("/api/projects", {"name": project["name"]}))

    def test_type_names_are_unique_in_their_project(self):
        first, second = self.project(), self.project()
        self.task_type(first, name="same")
        self.task_type(second, name="same")
        with self.nothing_changes_in(first):
            self.refused(409, self.admin.post(f"/api/projects/{first['id']}/task-types",
                                              {"name": "same"}))
        other = self.task_type(first, name="other")
        self.refused(409, self.admin.put(f"/api/task-types/{other['id']}", {"name": "same"}))

    def test_a_name_is_free_again_once_its_project_is_deleted(self):
        project = self.project()
        self.expect(200, self.admin.delete(f"/api/projects/{project['id']}"))
        again = self.expect(201, self.admin.post("/api/projects", {"name": project["name"]})).data
        self.assertNotEqual(again["id"], project["id"])

    def test_agent_names_may_contain_dots(self):
        project = self.project()
        for good in ("a.b-c_D9", "n" * 100):
            self.login(good, project)
            self.expect(200, self.ask_next(self.admin, good, project))
        for bad in ("", "a" * 101, "a b", "ä"):
            with self.subTest(bad):
                self.invalid(self.admin.post("/api/auth/login", {
                    "agentName": bad, "projectId": project["id"]}), "agentName")
        self.refused(422, self.ask_next(self.admin, "a%20b", project))


class A9Settings(ApiTest):
    def test_defaults_are_3_retries_10_minutes_and_1_minute(self):
        config = self.project()["config"]
        self.assertEqual((config["defaultMaxRetries"], config["defaultLeaseDurationMinutes"],
                          config["reaperIntervalMinutes"]), (3, 10, 1))

    def test_bounds_of_the_settings(self):
        for name, low, high in (("defaultMaxRetries", 0, 100),
                                ("defaultLeaseDurationMinutes", 1, 1440)):
            for good in (low, high):
                self.assertEqual(self.project(config={name: good})["config"][name], good)
            for bad in (low - 1, high + 1, "1", 1.5, True):
                with self.subTest(f"{name} {bad!r}"):
                    self.invalid(self.admin.post("/api/projects", {
                        "name": unique("project"), "config": {name: bad}}), f"config.{name}")

    def test_bounds_of_a_type(self):
        project = self.project()
        path = f"/api/projects/{project['id']}/task-types"
        for name, low, high in (("maxRetries", 0, 100), ("leaseDurationMinutes", 1, 1440),
                                ("leaseDurationSeconds", 1, 86400)):
            for good in (low, high):
                self.task_type(project, **{name: good})
            for bad in (low - 1, high + 1, "1", 1.5, True):
                with self.subTest(f"{name} {bad!r}"):
                    self.invalid(self.admin.post(path, {"name": "t", name: bad}), name)
        self.invalid(self.admin.post(path, {"name": "t", "duplicateHandling": "odd"}),
                     "duplicateHandling")

    def test_types_inherit_at_creation_and_handle_duplicates_by_allow(self):
        project = self.project(config={"defaultMaxRetries": 7, "defaultLeaseDurationMinutes": 25})
        kind = self.task_type(project)
        self.assertEqual((kind["maxRetries"], kind["leaseDurationMinutes"],
                          kind["duplicateHandling"]), (7, 25, "allow"))
        self.expect(200, self.admin.put(f"/api/projects/{project['id']}",
                                        {"config": {"defaultMaxRetries": 1}}))
        self.assertEqual(self.admin.get(f"/api/task-types/{kind['id']}").data, kind)

    def test_lease_duration_seconds_win_over_minutes(self):
        project = self.project()
        kind = self.task_type(project, leaseDurationMinutes=30, leaseDurationSeconds=1)
        self.task(project, kind)
        claimed = self.claim("a", project)
        self.assertEqual(claimed["leaseExpiresAt"][:17], claimed["assignedAt"][:17])


class A10Types(ApiTest):
    def test_variables_must_cover_the_templates(self):
        project = self.project()
        path = f"/api/projects/{project['id']}/task-types"
        with self.nothing_changes_in(project):
            self.invalid(self.admin.post(path, {"name": "t", "template": "{{a}} and {{b}}",
                                                "variables": ["a"]}), "variables")
        kind = self.task_type(project, template="{{a}}", variables=["a", "extra"])
        self.assertEqual(kind["variables"], ["a", "extra"])
        self.invalid(self.admin.put(f"/api/task-types/{kind['id']}", {"template": "{{c}}",
                                                                      "variables": ["a"]}),
                     "variables")

    def test_omitted_variables_are_derived(self):
        kind = self.task_type(self.project(), template="{{ b }} {{a}} {{b}}")
        self.assertEqual(sorted(kind["variables"]), ["a", "b"])

    def test_put_is_a_partial_merge(self):
        project = self.project(description="d", instructions="i",
                               config={"defaultMaxRetries": 9, "reaperIntervalMinutes": 4})
        changed = self.expect(200, self.admin.put(f"/api/projects/{project['id']}", {
            "config": {"defaultLeaseDurationMinutes": 20}})).data
        self.assertEqual((changed["description"], changed["instructions"]), ("d", "i"))
        self.assertEqual(changed["config"]["defaultMaxRetries"], 9)
        self.assertEqual(changed["config"]["reaperIntervalMinutes"], 4)
        self.assertEqual(changed["config"]["defaultLeaseDurationMinutes"], 20)
        kind = self.task_type(project, template="{{a}}", maxRetries=2, duplicateHandling="fail")
        changed = self.expect(200, self.admin.put(f"/api/task-types/{kind['id']}",
                                                  {"maxRetries": 4})).data
        self.assertEqual(
            {**changed, "updatedAt": None}, {**kind, "maxRetries": 4, "updatedAt": None})

    def test_deleting_a_type_that_has_tasks_is_409(self):
        project, kind, (task,) = self.workshop(tasks=1)
        with self.nothing_changes_in(project):
            self.refused(409, self.admin.delete(f"/api/task-types/{kind['id']}"))
        self.expect(200, self.admin.delete(f"/api/tasks/{task['id']}"))
        self.expect(200, self.admin.delete(f"/api/task-types/{kind['id']}"))

    def test_a_type_of_another_project_is_refused(self):
        project, _, _ = self.workshop()
        _, foreign, _ = self.workshop()
        with self.nothing_changes_in(project):
            answer = self.admin.post(f"/api/projects/{project['id']}/tasks",
                                     {"typeId": foreign["id"], "instructions": "x"})
            self.assertIn(answer.status, (404, 422), str(answer))


class A10Closing(ApiTest):
    def close_project(self, project):
        self.expect(200, self.admin.put(f"/api/projects/{project['id']}", {"status": "closed"}))

    def test_a_closed_project_takes_no_types_or_tasks_and_gives_none(self):
        project, kind, (running, _) = self.workshop(tasks=2)
        self.claim("a", project)
        self.close_project(project)
        path = f"/api/projects/{project['id']}"
        with self.nothing_changes_in(project):
            self.refused(409, self.admin.post(f"{path}/task-types", {"name": "t"}))
            self.refused(409, self.admin.post(f"{path}/tasks",
                                              {"typeId": kind["id"], "instructions": "x"}))
            self.refused(409, self.admin.post(f"{path}/tasks/bulk", {
                "tasks": [{"typeId": kind["id"], "instructions": "x"}]}))
            self.refused(409, self.ask_next(self.admin, "b", project))
        self.assertEqual(self.read_task(running)["status"], "running")

    def test_running_tasks_may_finish_reads_and_reopening_work(self):
        project, kind, (first, second) = self.workshop(tasks=2)
        self.claim("a", project)
        self.close_project(project)
        self.expect(200, self.complete(first, "a"))
        self.assertEqual(self.read_project(project)["status"], "closed")
        self.expect(200, self.admin.put(f"/api/projects/{project['id']}", {"status": "active"}))
        self.assertEqual(self.claim("a", project)["id"], second["id"])
        self.task(project, kind)

    def test_deleting_a_project_deletes_all_that_is_in_it_running_or_not(self):
        project, kind, tasks = self.workshop(tasks=3)
        done = self.claim("a", project)
        self.complete(done, "a")
        self.claim("b", project)
        agent = self.agent("a", project)
        self.expect(200, self.admin.delete(f"/api/projects/{project['id']}"))
        for path in [f"/api/projects/{project['id']}", f"/api/projects/{project['id']}/tasks",
                     f"/api/task-types/{kind['id']}"] + [f"/api/tasks/{t['id']}" for t in tasks]:
            self.refused(404, self.admin.get(path))
        self.refused(404, self.ask_next(self.admin, "b", project))
        self.refused(401, agent.get("/api/auth/session"))


if __name__ == "__main__":
    unittest.main()
