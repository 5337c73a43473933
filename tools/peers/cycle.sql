\set id 0
INSERT INTO task (instructions) VALUES (repeat('x', 300));
UPDATE task SET status = 1, agent = :client_id, lease_until = now() + interval '10 minutes' WHERE id = (SELECT id FROM task WHERE status = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id \aset
UPDATE task SET status = 2, result = repeat('r', 200) WHERE id = :id AND status = 1 AND agent = :client_id;
