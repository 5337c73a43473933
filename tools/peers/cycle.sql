-- One cycle of PostgreSQL as a queue, for pgbench: see cycle_postgresql in servers.sh.
\set claimed_id 0
INSERT INTO task (instructions) VALUES (:instructions) RETURNING id \gset created_
UPDATE task SET status = 1, agent = :client_id, lease_until = now() + interval '10 minutes' WHERE id = (SELECT id FROM task WHERE status = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, instructions \aset claimed_
UPDATE task SET status = 2, result = :result WHERE id = :claimed_id AND status = 1 AND agent = :client_id;
