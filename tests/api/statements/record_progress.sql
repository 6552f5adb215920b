SELECT asked.user_id, contents.id AS visible, watch_events.event_id AS known, watch_progress.id, watch_progress.user_id AS user_id_1, watch_progress.content_id, watch_progress.position_seconds, watch_progress.duration_seconds, watch_progress.completed, watch_progress.observed_at, watch_progress.sequence 
FROM unnest($1::BIGINT[], $2::UUID[], $3::BIGINT[]) AS asked(user_id, event_id, content_id) LEFT OUTER JOIN contents ON contents.id = asked.content_id AND contents.deleted_at IS NULL LEFT OUTER JOIN watch_events ON watch_events.user_id = asked.user_id AND watch_events.event_id = asked.event_id LEFT OUTER JOIN watch_progress ON watch_progress.user_id = asked.user_id AND watch_progress.content_id = asked.content_id;

SELECT pg_notify($1::VARCHAR, payload) AS pg_notify_1 
FROM unnest($2::TEXT[]) AS payload;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH person AS 
(SELECT users.id AS id 
FROM users 
WHERE users.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) ORDER BY users.id FOR KEY SHARE SKIP LOCKED), 
held AS 
(SELECT progress_counters.user_id AS user_id, progress_counters.sequence AS sequence 
FROM progress_counters JOIN person ON person.id = progress_counters.user_id ORDER BY progress_counters.user_id FOR NO KEY UPDATE OF progress_counters SKIP LOCKED), 
made AS 
(INSERT INTO progress_counters (user_id, sequence) SELECT person.id AS id, $2::BIGINT AS anon_2 
FROM person 
WHERE NOT (EXISTS (SELECT progress_counters.user_id 
FROM progress_counters 
WHERE progress_counters.user_id = person.id)) ORDER BY person.id ON CONFLICT DO NOTHING RETURNING progress_counters.user_id, progress_counters.sequence)
 SELECT held.user_id, held.sequence, clock_timestamp() AS clock_timestamp_1 
FROM held UNION ALL SELECT made.user_id, made.sequence, clock_timestamp() AS clock_timestamp_2 
FROM made;

WITH remembered AS 
(INSERT INTO watch_events (user_id, event_id) SELECT heard.user_id AS user_id, heard.event_id AS event_id 
FROM unnest($1::BIGINT[], $2::UUID[]) AS heard(user_id, event_id) ON CONFLICT DO NOTHING), 
counted AS 
(UPDATE progress_counters SET sequence=last.sequence FROM (SELECT change.user_id AS user_id, max(change.sequence) AS sequence 
FROM unnest($3::BIGINT[], $4::BIGINT[], $5::DOUBLE PRECISION[], $6::DOUBLE PRECISION[], $7::BOOLEAN[], $8::TIMESTAMP WITH TIME ZONE[], $9::BIGINT[]) AS change(user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) GROUP BY change.user_id) AS last WHERE progress_counters.user_id = last.user_id), 
written AS 
(INSERT INTO watch_progress (user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) SELECT DISTINCT ON (change.user_id, change.content_id) change.user_id AS user_id, change.content_id AS content_id, change.position_seconds AS position_seconds, change.duration_seconds AS duration_seconds, change.completed AS completed, change.observed_at AS observed_at, change.sequence AS sequence 
FROM unnest($3::BIGINT[], $4::BIGINT[], $5::DOUBLE PRECISION[], $6::DOUBLE PRECISION[], $7::BOOLEAN[], $8::TIMESTAMP WITH TIME ZONE[], $9::BIGINT[]) AS change(user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) ORDER BY change.user_id, change.content_id, change.sequence DESC ON CONFLICT (user_id, content_id) DO UPDATE SET position_seconds = excluded.position_seconds, duration_seconds = excluded.duration_seconds, completed = excluded.completed, observed_at = excluded.observed_at, sequence = excluded.sequence RETURNING watch_progress.id, watch_progress.user_id, watch_progress.content_id), 
logged AS 
(INSERT INTO progress_changes (progress_id, user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) SELECT written.id AS id, change.user_id AS user_id, change.content_id AS content_id, change.position_seconds AS position_seconds, change.duration_seconds AS duration_seconds, change.completed AS completed, change.observed_at AS observed_at, change.sequence AS sequence 
FROM unnest($3::BIGINT[], $4::BIGINT[], $5::DOUBLE PRECISION[], $6::DOUBLE PRECISION[], $7::BOOLEAN[], $8::TIMESTAMP WITH TIME ZONE[], $9::BIGINT[]) AS change(user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) JOIN written ON written.user_id = change.user_id AND written.content_id = change.content_id RETURNING progress_changes.progress_id AS id, progress_changes.user_id, progress_changes.content_id, progress_changes.position_seconds, progress_changes.duration_seconds, progress_changes.completed, progress_changes.observed_at, progress_changes.sequence)
 SELECT logged.id, logged.user_id, logged.content_id, logged.position_seconds, logged.duration_seconds, logged.completed, logged.observed_at, logged.sequence 
FROM logged;
