package configs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
)

// MaxFileSize is the size in bytes above which a configuration is refused.
const MaxFileSize = 1 << 20

// Load reads, completes and checks the configuration file at path. Mistakes in it are returned as Errors that name
// the path; other errors say that the file could not be read.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c, err := Parse(data)
	var es Errors
	if errors.As(err, &es) {
		for _, e := range es {
			e.File = path
		}
	}
	return c, err
}

// Parse completes and checks a configuration. The error is nil or Errors.
func Parse(data []byte) (*Config, error) {
	r := newReport()
	root := document(r, data)
	if root == nil {
		return nil, r.err()
	}
	c := new(Config)
	d := decoder{r}
	d.decode(root, reflect.ValueOf(c).Elem(), "")
	for i := range c.Databases {
		c.Databases[i].derive()
	}
	c.validate(r)
	if err := r.err(); err != nil {
		return nil, err
	}
	for i := range c.Databases {
		c.Databases[i].normalize()
	}
	return c, nil
}
