package lab

import (
	"context"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

func (l *Lab) relaySocket() string { return l.path("supplier/relay/s") }

func (l *Lab) links() *service {
	p := l.state.Ports
	s := l.service(Links, l.path("supplier/relay"), filepath.Join(l.state.BinDir, "wcde-lab"), "relay",
		"--control", l.relaySocket(),
		"--link", SupplierMariaDB+"="+loopback(p.LinkDB)+"="+loopback(p.SupplierDB),
		"--link", SupplierSSHD+"="+loopback(p.LinkSSH)+"="+loopback(p.SupplierSSH))
	s.ready = func(ctx context.Context) error {
		c := relay.Dial(l.relaySocket())
		defer c.Close()
		_, err := c.Faults(ctx)
		return err
	}
	return s
}

// linksOf are the links that end at a part, as far as the lab can break them.
func (l *Lab) linksOf(name string) ([]string, error) {
	switch name {
	case SupplierMariaDB, SupplierSSHD:
		return []string{name}, nil
	case Wcded: // everything that leaves the foundation
		return []string{SupplierMariaDB, SupplierSSHD}, nil
	case SupplierPortal, Links, FoundationMariaDB:
		return nil, &PartError{name, "has no link that can be cut; wcded, supplier-mariadb and supplier-sshd have"}
	}
	return nil, unknownPart(name)
}

// Cut breaks the links of a part as how says: relay.Refuse or relay.Blackhole.
func (l *Lab) Cut(ctx context.Context, name, how string) error {
	return l.change(ctx, name, func(f *relay.Faults) { f.Mode = how })
}

// Slow limits the links of a part to rate bytes per second and direction; 0: no limit.
func (l *Lab) Slow(ctx context.Context, name string, rate int64) error {
	return l.change(ctx, name, func(f *relay.Faults) { f.Rate = rate })
}

// Corrupt flips a bit every so many bytes that a part sends; 0: never.
func (l *Lab) Corrupt(ctx context.Context, name string, every int64) error {
	return l.change(ctx, name, func(f *relay.Faults) { f.Corrupt = every })
}

// Heal repairs the links of a part.
func (l *Lab) Heal(ctx context.Context, name string) error {
	return l.change(ctx, name, func(f *relay.Faults) { *f = relay.Faults{Mode: relay.Open} })
}

// change changes the faults of every link of a part.
func (l *Lab) change(ctx context.Context, name string, apply func(*relay.Faults)) error {
	links, err := l.linksOf(name)
	if err != nil {
		return err
	}
	c := relay.Dial(l.relaySocket())
	defer c.Close()
	all, err := c.Faults(ctx)
	if err != nil {
		return err
	}
	for _, link := range links {
		f := all[link]
		apply(&f)
		if err := c.Set(ctx, link, f); err != nil {
			return err
		}
	}
	return nil
}
