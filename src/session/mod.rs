//! A session: arms a plan, runs it, and says how it ended.
