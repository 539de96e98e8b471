package replicator

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// stats are the metrics that are counted as things happen; the others are read from Status at each scrape.
type stats struct{ lag prometheus.Histogram }

func newStats(name string) *stats {
	return &stats{lag: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:        "wcde_database_lag_seconds",
		Help:        "Time from a group's arrival here until the foundation's MariaDB had applied it.",
		ConstLabels: prometheus.Labels{"database": name},
		Buckets:     prometheus.ExponentialBuckets(0.001, 4, 10), // 1 ms to 4.4 minutes
	})}
}

func (s *stats) applied(lag time.Duration) { s.lag.Observe(lag.Seconds()) }

// Collector returns the database's metrics.
func (d *Database) Collector() prometheus.Collector { return &collector{d: d, descs: describe(d.name)} }

type collector struct {
	d     *Database
	descs map[string]*prometheus.Desc
}

// metric is one number that is read from a Status.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	value      func(Status) float64
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func moment(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// metrics lists what is exported. Moments are exported as moments: a time that does not move shows that nothing
// happens, where an age of 0 might only show that nothing runs.
func metrics() []metric {
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	return []metric{
		{"wcde_database_semi_sync", "1 while every commit of the supplier waits for us, and only for us.", gauge,
			func(s Status) float64 { return flag(s.Supplier.SemiSync) }},
		{"wcde_database_exposed_since_timestamp_seconds", "Since when commits may not have waited for us; 0: they do.", gauge,
			func(s Status) float64 {
				if s.Exposure == nil {
					return 0
				}
				return moment(s.Exposure.From)
			}},
		{"wcde_database_supplier_seen_timestamp_seconds", "When the supplier was last heard.", gauge,
			func(s Status) float64 { return moment(s.Supplier.LastSeen) }},
		{"wcde_database_received_bytes_total", "Bytes of binary log streams that have arrived.", counter,
			func(s Status) float64 { return float64(s.Supplier.Bytes) }},
		{"wcde_database_connections_total", "Connections to the supplier that got as far as events.", counter,
			func(s Status) float64 { return float64(s.Supplier.Reconnect) }},
		{"wcde_database_archive_syncs_total", "Times that the archive was synced to disk.", counter,
			func(s Status) float64 { return float64(s.Supplier.Syncs) }},
		{"wcde_database_acknowledgements_total", "Semi-sync acknowledgements sent.", counter,
			func(s Status) float64 { return float64(s.Supplier.Acks) }},
		{"wcde_database_archive_bytes", "Bytes of all segments.", gauge,
			func(s Status) float64 { return float64(s.Bytes) }},
		{"wcde_database_archive_segments", "Segments in the archive.", gauge,
			func(s Status) float64 { return float64(s.Segments) }},
		{"wcde_database_archive_damaged_segments", "Segments whose bytes on our disk are wrong.", gauge,
			func(s Status) float64 { return float64(len(s.Damaged)) }},
		{"wcde_database_held_groups", "Groups that wait for a decision.", gauge,
			func(s Status) float64 { return float64(len(s.Held)) }},
		{"wcde_database_replica_reachable", "1 while the foundation's MariaDB answers.", gauge,
			func(s Status) float64 { return flag(s.Replica.Reachable) }},
		{"wcde_database_replica_running", "1 while both of its replication threads run.", gauge,
			func(s Status) float64 { return flag(s.Replica.IORunning && s.Replica.SQLRunning) }},
		{"wcde_database_replica_seeded", "1 when it holds a complete copy to go on from.", gauge,
			func(s Status) float64 { return flag(s.Replica.Seeded) }},
		{"wcde_database_waiting_seconds", "How long the oldest group that is not applied has been waiting.", gauge,
			func(s Status) float64 { return s.Lag.Seconds() }},
		{"wcde_database_problems", "Things that need an operator.", gauge,
			func(s Status) float64 { return float64(len(s.Problems)) }},
	}
}

const stateMetric = "wcde_database_supplier_state"

func describe(database string) map[string]*prometheus.Desc {
	labels := prometheus.Labels{"database": database}
	descs := map[string]*prometheus.Desc{
		stateMetric: prometheus.NewDesc(stateMetric, "1 for the state that following the supplier is in.",
			[]string{"state"}, labels),
	}
	for _, m := range metrics() {
		descs[m.name] = prometheus.NewDesc(m.name, m.help, nil, labels)
	}
	return descs
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
	c.d.stats.lag.Describe(ch)
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.d.Status()
	for _, m := range metrics() {
		ch <- prometheus.MustNewConstMetric(c.descs[m.name], m.kind, m.value(s))
	}
	for _, state := range upstream.States() {
		ch <- prometheus.MustNewConstMetric(c.descs[stateMetric], prometheus.GaugeValue,
			flag(state == s.Supplier.State), string(state))
	}
	c.d.stats.lag.Collect(ch)
}
