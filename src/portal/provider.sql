-- From version 4 to 5: users who sign in through a provider, and users who are blocked. With a provider its issuer and
-- their subject are who they are, and the password is empty.
ALTER TABLE user ADD COLUMN issuer TEXT;
ALTER TABLE user ADD COLUMN subject TEXT;
ALTER TABLE user ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX user_of_provider ON user (issuer, subject) WHERE issuer IS NOT NULL;
