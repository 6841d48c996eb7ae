-- about: conversations of users, their messages, and the keys of clients
-- conversations
SELECT c.session_id AS id, c.title AS title, c.user_identifier AS user,
       ROUND((julianday(c.created_at) - 2440587.5) * 86400.0, 3) AS created,
       ROUND((julianday(COALESCE(MAX(MAX(m.timestamp), c.updated_at), c.updated_at, c.created_at)) - 2440587.5) * 86400.0, 3) AS updated
  FROM conversations c LEFT JOIN conversation_messages m ON m.conversation_id = c.id
 GROUP BY c.id ORDER BY updated, c.id;
-- messages
SELECT c.session_id AS conversation, m.role AS role, m.content AS content, m.model_name AS model,
       m.token_count AS tokens, ROUND((julianday(m.timestamp) - 2440587.5) * 86400.0, 3) AS at
  FROM conversation_messages m JOIN conversations c ON c.id = m.conversation_id
 ORDER BY c.id, m.timestamp, m.id;
-- clients
SELECT REPLACE(REPLACE(name, ' ', '-'), '/', '-') AS name, api_key AS key, description AS note
  FROM clients WHERE is_active ORDER BY id;
