// The viewer of a live session.
