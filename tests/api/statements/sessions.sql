SELECT sessions.id, sessions.user_id, sessions.user_agent, sessions.created_at, sessions.last_used_at, sessions.expires_at 
FROM sessions 
WHERE sessions.user_id = $1::BIGINT AND sessions.revoked_at IS NULL AND sessions.expires_at > now() ORDER BY sessions.last_used_at DESC, sessions.id DESC;

SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM users JOIN sessions ON sessions.user_id = users.id 
WHERE sessions.id = $1::BIGINT AND users.id = $2::BIGINT AND sessions.revoked_at IS NULL AND sessions.expires_at > now();
