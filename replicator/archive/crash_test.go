package archive

const childEnv = "WCDED_TEST_ARCHIVE_CHILD"

func appendForever() error { return nil }
