-- Version 2: what the record is searched by. Each index ends with the number of the row, so the newest rows of a person,
-- an account or a connector are read without reading others.
CREATE INDEX activity_user ON activity (user);
CREATE INDEX activity_account ON activity (account, safe);
CREATE INDEX activity_connector ON activity (connector);
CREATE INDEX activity_action ON activity (action);
CREATE INDEX activity_time ON activity (time);
