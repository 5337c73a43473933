"""Decisions A11 to A15 of the design: instructions, variables, duplicates, bulk, tasks."""

import json
import unittest

from api import ISO_8601, ApiTest, unique
from server import eventually

MIB = 1024 * 1024


class A11Instructions(ApiTest):
    def create(self, project, kind, **fields):
        return self.admin.post(f"/api/projects/{project['id']}/tasks",
                               {"typeId": kind["id"], **fields})

    def test_explicit_instructions_win_over_the_template(self):
        project, kind, _ = self.workshop(template="Look at {{what}}")
        task = self.expect(201, self.create(project, kind, instructions="{{what}} as given")).data
        self.assertEqual(task["instructions"], "{{what}} as given")

    def test_without_them_the_template_is_filled_in_one_pass(self):
        project, kind, _ = self.workshop(template="{{a}}-{{ b }}-{{a}}-{{c}}-{ {{d}} }")
        task = self.expect(201, self.create(project, kind, variables={
            "a": "{{b}}", "b": 1.5, "c": True, "d": "ä"})).data
        self.assertEqual(task["instructions"], "{{b}}-1.5-{{b}}-true-{ ä }")

    def test_empty_instructions_count_as_absent(self):
        project, kind, _ = self.workshop(template="T {{a}}")
        task = self.expect(201, self.create(project, kind, instructions="",
                                            variables={"a": "x"})).data
        self.assertEqual(task["instructions"], "T x")

    def test_every_missing_variable_is_a_detail(self):
        project, kind, _ = self.workshop(template="{{a}} {{b}} {{c}}")
        with self.nothing_changes_in(project):
            error = self.refused(422, self.create(project, kind, variables={"b": "x"}))
        fields = [detail["field"] for detail in error["validationDetails"]]
        self.assertEqual(sorted(fields), ["variables.a", "variables.c"])

    def test_without_instructions_and_template_it_is_422(self):
        project, kind, _ = self.workshop()
        with self.nothing_changes_in(project):
            self.invalid(self.create(project, kind), "instructions")

    def test_later_template_changes_leave_the_task_alone(self):
        project, kind, _ = self.workshop(template="old {{a}}")
        task = self.expect(201, self.create(project, kind, variables={"a": "x"})).data
        self.expect(200, self.admin.put(f"/api/task-types/{kind['id']}", {"template": "new"}))
        self.assertEqual(self.read_task(task)["instructions"], "old x")
        self.assertEqual(self.claim("a", project)["instructions"], "old x")


class A12Values(ApiTest):
    def send(self, project, kind, **fields):
        return self.admin.post(f"/api/projects/{project['id']}/tasks",
                               {"typeId": kind["id"], "instructions": "x", **fields})

    def test_variables_are_strings_numbers_and_booleans_and_keep_their_kind(self):
        project, kind, _ = self.workshop()
        variables = {"s": "text", "n": -12.5, "i": 9007199254740993, "b": False, "empty": ""}
        task = self.expect(201, self.send(project, kind, variables=variables)).data
        self.assertEqual(self.read_task(task)["variables"], variables)
        self.assertIs(task["variables"]["b"], False)
        for bad in (None, [], {}, ["x"]):
            with self.subTest(bad):
                self.invalid(self.send(project, kind, variables={"v": bad}), "variables.v")

    def test_variable_names_and_their_number_are_limited(self):
        project, kind, _ = self.workshop()
        self.expect(201, self.send(project, kind, variables={"aZ_9": 1}))
        for bad in ("", "1a", "_a", "a-b", "a b"):
            with self.subTest(bad):
                self.refused(422, self.send(project, kind, variables={bad: 1}))
        hundred = {f"v{n}": n for n in range(100)}
        self.expect(201, self.send(project, kind, variables=hundred))
        self.invalid(self.send(project, kind, variables={**hundred, "more": 1}), "variables")
        self.invalid(self.send(project, kind, variables=["a"]), "variables")

    def test_instructions_are_kept_byte_exact_up_to_1_mib(self):
        project, kind, _ = self.workshop()
        for text in ("a\x00b", "line\r\n\ttab\x1b\x7f", "\U0001F600 ä \u2028 \ufeff", '"\\/',
                     "x" * MIB, "ä" * (MIB // 2)):
            task = self.expect(201, self.send(project, kind, instructions=text)).data
            self.assertEqual(self.read_task(task)["instructions"], text)
            claimed = self.claim("reader", project)
            self.assertEqual((claimed["id"], claimed["instructions"]), (task["id"], text))
            self.expect(200, self.complete(task, "reader"))

    def test_longer_instructions_are_refused(self):
        project, kind, _ = self.workshop()
        with self.nothing_changes_in(project):
            for text in ("x" * (MIB + 1), "ä" * (MIB // 2) + "x"):
                self.invalid(self.send(project, kind, instructions=text), "instructions")

    def test_a_lone_surrogate_is_refused(self):
        project, kind, _ = self.workshop()
        raw = f'{{"typeId":"{kind["id"]}","instructions":"\\ud800"}}'.encode()
        answer = self.admin.request("POST", f"/api/projects/{project['id']}/tasks", raw=raw)
        self.assertIn(answer.status, (400, 422), str(answer))

    def test_result_and_outputs_are_any_json_up_to_1_mib(self):
        for value in ("text", 1.25, 0, True, None, [1, [2, {}]], {"a": {"b": [None]}}, "",
                      "\x00\U0001F600", "x" * (MIB - 2)):
            project, _, (task,) = self.workshop(tasks=1)
            self.claim("a", project)
            self.expect(200, self.complete(task, "a", value, outputs=value))
            stored = self.read_task(task)
            self.assertEqual((stored.get("result"), stored.get("outputs")), (value, value))

    def test_a_larger_result_is_refused_and_the_lease_goes_on(self):
        project, _, (task,) = self.workshop(tasks=1)
        self.claim("a", project)
        with self.nothing_changes_in(project):
            self.invalid(self.complete(task, "a", "x" * (MIB + 1), outputs="x" * (MIB + 1)),
                         "result", "outputs")
        self.expect(200, self.complete(task, "a"))

    def test_batch_ids_are_1_to_100_of_their_alphabet(self):
        project, kind, _ = self.workshop()
        for good in ("a", "A.b:c_D-9", "x" * 100):
            self.assertEqual(self.expect(201, self.send(project, kind, batchId=good)
                                         ).data["batchId"], good)
        for bad in ("", "x" * 101, "a b", "a/b", "ä", 7):
            with self.subTest(bad):
                self.invalid(self.send(project, kind, batchId=bad), "batchId")


class A13Duplicates(ApiTest):
    def send(self, project, kind, variables=None, instructions="same"):
        body = {"typeId": kind["id"], "instructions": instructions}
        if variables is not None:
            body["variables"] = variables
        return self.admin.post(f"/api/projects/{project['id']}/tasks", body)

    def test_ignore_answers_200_with_the_existing_task(self):
        project, kind, _ = self.workshop(duplicateHandling="ignore")
        first = self.expect(201, self.send(project, kind, {"a": 1, "b": "x"})).data
        with self.nothing_changes_in(project):
            again = self.expect(200, self.send(project, kind, {"b": "x", "a": 1}, "other"))
            self.assertEqual(again.data, first)

    def test_fail_answers_409_naming_the_existing_id(self):
        project, kind, _ = self.workshop(duplicateHandling="fail")
        first = self.expect(201, self.send(project, kind, {"a": "x"})).data
        with self.nothing_changes_in(project):
            error = self.refused(409, self.send(project, kind, {"a": "x"}, "other"))
        self.assertIn(first["id"], error["error"])

    def test_allow_creates(self):
        project, kind, _ = self.workshop(duplicateHandling="allow")
        first = self.expect(201, self.send(project, kind, {"a": "x"})).data
        second = self.expect(201, self.send(project, kind, {"a": "x"})).data
        self.assertNotEqual(first["id"], second["id"])

    def test_other_variables_or_another_type_is_no_duplicate(self):
        project, kind, _ = self.workshop(duplicateHandling="fail")
        other = self.task_type(project, duplicateHandling="fail")
        for variables in ({"a": "1"}, {"a": 1}, {"a": "1", "b": "1"}, {"b": "1"}, {"a": True}):
            self.expect(201, self.send(project, kind, variables))
        self.expect(201, self.send(project, other, {"a": "1"}))

    def test_without_variables_the_instructions_decide(self):
        project, kind, _ = self.workshop(duplicateHandling="fail")
        self.expect(201, self.send(project, kind))
        self.expect(201, self.send(project, kind, instructions="different"))
        self.refused(409, self.send(project, kind))
        self.refused(409, self.send(project, kind, {}))

    def test_running_and_completed_tasks_count_failed_and_deleted_ones_do_not(self):
        project, kind, _ = self.workshop(duplicateHandling="fail", maxRetries=0)
        task = self.expect(201, self.send(project, kind, {"a": 1})).data
        self.claim("a", project)
        self.refused(409, self.send(project, kind, {"a": 1}))
        self.expect(200, self.fail_task(task, "a"))
        task = self.expect(201, self.send(project, kind, {"a": 1})).data
        self.claim("a", project)
        self.expect(200, self.complete(task, "a"))
        self.refused(409, self.send(project, kind, {"a": 1}))
        self.expect(200, self.admin.delete(f"/api/tasks/{task['id']}"))
        self.expect(201, self.send(project, kind, {"a": 1}))


    def test_an_update_changes_what_a_task_is_a_duplicate_of(self):
        project, kind, _ = self.workshop(duplicateHandling="fail")
        task = self.expect(201, self.send(project, kind, {"a": 1})).data
        self.expect(200, self.admin.put(f"/api/tasks/{task['id']}", {"variables": {"a": 2}}))
        self.refused(409, self.send(project, kind, {"a": 2}))
        self.expect(201, self.send(project, kind, {"a": 1}))


class A14Bulk(ApiTest):
    def bulk(self, project, items, **fields):
        return self.admin.post(f"/api/projects/{project['id']}/tasks/bulk",
                               {"tasks": items, **fields})

    def test_the_valid_ones_are_created_in_order_and_the_others_named(self):
        project, kind, _ = self.workshop()
        answer = self.expect(201, self.bulk(project, [
            {"typeId": kind["id"], "instructions": "first"},
            {"typeId": "wrong", "instructions": "x"},
            {"typeId": kind["id"], "instructions": "second", "batchId": "own"},
            {"typeId": kind["id"], "instructions": "x", "variables": {"9": 1}}], batchId="all"))
        data = answer.data
        self.assertEqual((data["tasksCreated"], data["tasksSkipped"], data["batchId"]),
                         (2, 0, "all"))
        self.assertEqual([error["index"] for error in data["errors"]], [1, 3])
        for error in data["errors"]:
            self.assertTrue(error["error"], str(answer))
            self.assertTrue(error["validationDetails"], str(answer))
        self.assertEqual([task["instructions"] for task in data["createdTasks"]],
                         ["first", "second"])
        listed = self.admin.all_tasks(project["id"])
        self.assertEqual(listed, data["createdTasks"])

    def test_only_skipped_duplicates_is_200(self):
        project, kind, _ = self.workshop(duplicateHandling="ignore")
        item = {"typeId": kind["id"], "instructions": "same"}
        first = self.expect(201, self.bulk(project, [item, item])).data
        self.assertEqual((first["tasksCreated"], first["tasksSkipped"]), (1, 1))
        again = self.expect(200, self.bulk(project, [item])).data
        self.assertEqual((again["tasksCreated"], again["tasksSkipped"], again["createdTasks"]),
                         (0, 1, []))

    def test_a_type_that_allowed_duplicates_finds_them_once_it_is_told_to_look(self):
        project, kind, _ = self.workshop()
        items = [{"typeId": kind["id"], "instructions": f"task {n}"} for n in range(600)]
        created = self.expect(201, self.bulk(project, items)).data["createdTasks"]
        self.expect(200, self.admin.put(f"/api/task-types/{kind['id']}",
                                        {"duplicateHandling": "ignore"}))
        answers = []

        def is_told():
            answers.append(self.bulk(project, items[-2:]))
            return answers[-1].status != 503

        eventually(is_told, "the type has read its older tasks")
        again = self.expect(200, answers[-1]).data
        self.assertEqual((again["tasksCreated"], again["tasksSkipped"]), (0, 2))
        for refused in answers[:-1]:
            self.assertEqual(refused.json["code"], "unavailable", str(refused))
            self.assertIn("retry-after", refused.headers)
        answer = self.expect(200, self.admin.post(f"/api/projects/{project['id']}/tasks", items[0]))
        self.assertEqual(answer.data["id"], created[0]["id"])

    def test_422_if_every_one_failed(self):
        project, kind, _ = self.workshop(duplicateHandling="fail")
        item = {"typeId": kind["id"], "instructions": "same"}
        self.expect(201, self.bulk(project, [item]))
        with self.nothing_changes_in(project):
            self.refused(422, self.bulk(project, [item, {"typeId": "wrong"}]))

    def test_1_to_1000_items(self):
        project, kind, _ = self.workshop()
        item = {"typeId": kind["id"], "instructions": "x"}
        data = self.expect(201, self.bulk(project, [item] * 1000)).data
        self.assertEqual((data["tasksCreated"], len(data["createdTasks"])), (1000, 1000))
        with self.nothing_changes_in(project):
            for wrong in ([], [item] * 1001, "x", {}, None):
                self.invalid(self.bulk(project, wrong), "tasks")
            self.invalid(self.admin.post(f"/api/projects/{project['id']}/tasks/bulk", {}), "tasks")

    def test_without_a_batch_id_none_is_answered(self):
        project, kind, _ = self.workshop()
        data = self.expect(201, self.bulk(project, [{"typeId": kind["id"],
                                                     "instructions": "x"}])).data
        self.lacks(data, "batchId")
        self.lacks(data["createdTasks"][0], "batchId")


class A15Task(ApiTest):
    def test_a_task_tells_its_whole_story(self):
        project, kind, _ = self.workshop(maxRetries=2)
        task = self.task(project, kind, batchId="b", variables={"v": 1})
        self.claim("first", project)
        self.expect(200, self.fail_task(task, "first", "no luck"))
        self.claim("second", project)
        running = self.read_task(task)
        self.assertEqual((running["status"], running["assignedTo"], running["leaseEpoch"],
                          running["retryCount"], running["maxRetries"]),
                         ("running", "second", 2, 1, 2))
        self.expect(200, self.complete(task, "second", {"r": 1}, outputs=[2]))
        done = self.read_task(task)
        self.assertEqual((done["status"], done["result"], done["outputs"], done["batchId"],
                          done["variables"], done["typeId"], done["projectId"]),
                         ("completed", {"r": 1}, [2], "b", {"v": 1}, kind["id"], project["id"]))
        first, second = done["attempts"]
        self.assertEqual((first["agentName"], first["status"], first["error"]),
                         ("first", "failed", "no luck"))
        self.assertEqual((second["agentName"], second["status"], second["result"]),
                         ("second", "completed", {"r": 1}))
        self.assertEqual(len({first["id"], second["id"]}), 2)
        for attempt in (first, second):
            self.assertRegex(attempt["startedAt"], ISO_8601)
            self.assertRegex(attempt["completedAt"], ISO_8601)

    def test_the_lease_token_is_only_in_the_claims_own_answer(self):
        project, _, (task,) = self.workshop(tasks=1)
        claimed = self.expect(200, self.ask_next(self.admin, "a", project))
        token = claimed.data["task"].get("leaseToken") or claimed.data.get("leaseToken")
        self.assertTrue(token, str(claimed))
        others = [self.admin.get(f"/api/tasks/{task['id']}"),
                  self.admin.get(f"/api/projects/{project['id']}/tasks"),
                  self.admin.get(f"/api/projects/{project['id']}/agents"),
                  self.admin.post(f"/api/tasks/{task['id']}/extend-lease",
                                  {"agentName": "a", "extensionMinutes": 1}),
                  self.complete(task, "a")]
        for answer in others:
            self.expect(200, answer)
            self.assertNotIn(token, json.dumps(answer.json), answer.request)
            self.assertNotIn("leaseToken", json.dumps(answer.json), answer.request)

    def test_put_and_delete_only_while_not_running(self):
        project, _, (task,) = self.workshop(tasks=1)
        path = f"/api/tasks/{task['id']}"
        self.claim("a", project)
        with self.nothing_changes_in(project):
            self.refused(409, self.admin.put(path, {"instructions": "new"}))
            self.refused(409, self.admin.delete(path))
        self.expect(200, self.fail_task(task, "a"))
        self.expect(200, self.admin.put(path, {"instructions": "new"}))
        self.assertEqual(self.claim("a", project)["instructions"], "new")
        self.expect(200, self.complete(task, "a"))
        self.expect(200, self.admin.delete(path))
        self.refused(404, self.admin.get(path))

    def test_ids_with_a_changed_bit_are_404(self):
        _, _, (task,) = self.workshop(tasks=1)
        last = "0" if task["id"][-1] != "0" else "1"
        self.refused(404, self.admin.get(f"/api/tasks/{task['id'][:-1]}{last}"))
        self.refused(404, self.admin.get(f"/api/tasks/{unique('no-uuid')}"))


if __name__ == "__main__":
    unittest.main()
