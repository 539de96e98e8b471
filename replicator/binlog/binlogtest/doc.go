// Package binlogtest makes binary log files for tests, with a real MariaDB server and everything that one writes.
package binlogtest
