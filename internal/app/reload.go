package app

import "github.com/wcde-foundation/wcded/configs"

// reload reads the configuration again and takes over what a running daemon can. The rest is left as it was and
// named, in the log and in the status, until it is reverted or the daemon restarts.
func (d *daemon) reload() {
	d.notify.reloading()
	defer d.notify.ready()
	next, err := configs.Load(d.options.ConfigPath)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.badFile = err
	if err != nil {
		d.log.Error("configuration not reloaded", "err", err)
		return
	}
	changes := configs.Diff(d.config, next)
	merged := takeOver(d.config, next)
	d.onDisk = nil
	for _, c := range changes {
		if !c.Live {
			d.onDisk = append(d.onDisk, c.String())
			d.log.Warn("configuration change needs a restart", "change", c.String())
		}
	}
	for _, db := range d.databases {
		for _, c := range merged.Databases {
			if c.Name == db.Name() {
				db.Reload(c)
			}
		}
	}
	for _, c := range changes {
		if c.Live {
			d.log.Info("configuration change taken over", "change", c.String())
		}
	}
	d.config = merged
	d.setLevel(merged)
	if len(changes) == 0 {
		d.log.Info("configuration has not changed")
	}
}

// takeOver returns old with those settings of next that configs.Diff calls live.
func takeOver(old, next *configs.Config) *configs.Config {
	merged := *old
	merged.Log.Level = next.Log.Level
	merged.Databases = append([]configs.Database(nil), old.Databases...)
	for i := range merged.Databases {
		for _, n := range next.Databases {
			m := &merged.Databases[i]
			if n.Name != m.Name {
				continue
			}
			m.Archive.Keep, m.Archive.MaxSize = n.Archive.Keep, n.Archive.MaxSize
			m.Guard.Hold = n.Guard.Hold
		}
	}
	return &merged
}

func (d *daemon) setLevel(c *configs.Config) {
	if d.options.Level != nil {
		d.options.Level.Set(c.Log.Level.Level())
	}
}
