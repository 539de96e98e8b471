package bench

// excuse says why a target is missed and what could be tried. The report shows it only in a run that misses the
// target.
type excuse struct{ because, next string }

// missed is kept by people, by row: change it when a profile says something else.
func missed() map[string]excuse {
	return map[string]excuse{
		"archive": {
			because: "two thirds of our processor time go into taking events one by one (framing, CRC-32, group tracking, " +
				"status) and a quarter into writing and syncing, which share the cores with the supplier's dump thread.",
			next: "hand the archive what one read brought instead of single events, and look at the clock once " +
				"for all of it.",
		},
		"semisync-durable": {
			because: "where a sync is quick, the peer that does not sync at all (next row) is itself less than " +
				"five times as fast as the one that syncs: what is left is the supplier's own way from " +
				"commit to acknowledgement, on cores that both share.",
			next: "repeat it on a disk that takes a millisecond to sync, and on a machine with more cores.",
		},
		"semisync-default": {
			because: "each commit waits for a real sync here, and for none there, on the disk that the supplier's " +
				"redo log is synced on as well.",
			next: "measure with the archive on a disk of its own, as production should have it.",
		},
		"serve-replica": {
			because: "the replica's IO thread writes event by event and is the limit of both sides; the spread of the " +
				"rounds is larger than the difference.",
			next: "profile the IO thread, not us: packets that arrive in larger writes may save it wake-ups.",
		},
		"serve-discard": {
			because: "we check the CRC-32 of every event before it leaves and show it to the guard; the supplier " +
				"does neither.",
			next: "check and judge on one core while another one writes to the client.",
		},
		"lag-p50": {
			because: "a group is served only when it is on our disk: a sync and two more wake-ups, about 0.3 ms, " +
				"lie between the supplier and the replica.",
			next: "show a group to readers before its acknowledgement is sent, not after; that is one system " +
				"call of the 0.3 ms.",
		},
		"lag-p99": {
			because: "the slowest hundredth waits for the disk, and our way waits for one sync more than the " +
				"direct one.",
			next: "measure with the archive on a disk of its own, as production should have it.",
		},
		"catchup": {
			because: "the replica's four workers are the limit of both sides (our process uses some hundredths of one " +
				"core meanwhile); the spread of the rounds is larger than the difference.",
			next: "measure more rounds on a quiet machine; then compare the replica's wait states on both sides.",
		},
		"memory": {
			because: "two batches of events that wait for the disk and what the collector has not taken back yet " +
				"add up.",
			next: "smaller batches, or a soft memory limit for the collector (debug.SetMemoryLimit).",
		},
		"start-warm": {
			because: "each segment costs two opens, two reads and a stat.",
			next:    "keep heads and seals of one stream in one file beside them, as a cache that may be lost.",
		},
		"start-cold": {
			because: "each segment costs several reads from anywhere on the disk (inodes, head, seal), and few of them " +
				"are under way at the same time.",
			next: "read more heads at a time; or keep heads and seals of one stream in one file beside them, as a cache " +
				"that may be lost.",
		},
		"lookup": {
			because: "the segments are looked through one by one, newest first, and the one that is found is " +
				"opened and read.",
			next: "search by halves: within a stream, positions only rise.",
		},
	}
}
