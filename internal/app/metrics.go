package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/supervise"
)

// newRegistry returns a registry with what the daemon itself says: its process, its build and its state.
func newRegistry(started time.Time) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		constant("wcde_build_info", "Always 1; the version that runs.", 1, prometheus.Labels{"version": api.Version()}),
		constant("wcde_start_timestamp_seconds", "When the daemon was started.", float64(started.UnixMilli())/1000, nil),
		constant("wcde_state", "1 for the state the foundation is in.", 1, prometheus.Labels{"state": string(api.Standby)}),
	)
	return r
}

func constant(name, help string, value float64, labels prometheus.Labels) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels},
		func() float64 { return value })
}

// componentCollector shows how the supervised components are at the moment of the scrape.
type componentCollector struct {
	status                    func() []supervise.Status
	running, restarts, panics *prometheus.Desc
}

func newComponentCollector(status func() []supervise.Status) *componentCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"component"}, nil)
	}
	return &componentCollector{
		status:   status,
		running:  desc("wcde_component_running", "1 while the component runs, 0 while it waits for a restart."),
		restarts: desc("wcde_component_restarts_total", "How often the component was restarted after a failure."),
		panics:   desc("wcde_component_panics_total", "How many of the component's runs ended in a panic."),
	}
}

// Describe implements prometheus.Collector.
func (c *componentCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.running
	ch <- c.restarts
	ch <- c.panics
}

// Collect implements prometheus.Collector.
func (c *componentCollector) Collect(ch chan<- prometheus.Metric) {
	for _, s := range c.status() {
		running := 0.0
		if s.State == supervise.Running {
			running = 1
		}
		ch <- prometheus.MustNewConstMetric(c.running, prometheus.GaugeValue, running, s.Name)
		ch <- prometheus.MustNewConstMetric(c.restarts, prometheus.CounterValue, float64(s.Restarts), s.Name)
		ch <- prometheus.MustNewConstMetric(c.panics, prometheus.CounterValue, float64(s.Panics), s.Name)
	}
}

// metricsServer serves /metrics.
type metricsServer struct {
	http     *http.Server
	listener net.Listener
	done     chan struct{}
}

// serveMetrics listens on address and serves what the registry gathers. An error after that goes to fatal.
func serveMetrics(address string, r *prometheus.Registry, log *slog.Logger, fatal chan<- error) (
	*metricsServer, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	errorLog := slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog: errorLog, MaxRequestsInFlight: 4, Timeout: 10 * time.Second, Registry: r,
	}))
	m := &metricsServer{listener: l, done: make(chan struct{}), http: &http.Server{
		Handler: mux, ErrorLog: errorLog, MaxHeaderBytes: 16 << 10,
		ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}}
	go func() {
		defer close(m.done)
		if err := m.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			fatal <- fmt.Errorf("serve metrics: %w", err)
		}
	}()
	return m, nil
}

func (m *metricsServer) stop(ctx context.Context) error {
	err := m.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, m.http.Close())
	}
	<-m.done
	return err
}
