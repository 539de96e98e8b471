package portal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Config is the portal's configuration file, as JSON.
type Config struct {
	Listen   string   `json:"listen"` // host:port
	Database Database `json:"database"`
	Files    string   `json:"files"` // folder with the attachments
}

// Database says where the rows are.
type Database struct {
	Network  string `json:"network"` // unix or tcp
	Address  string `json:"address"` // the socket's path, or host:port
	User     string `json:"user"`
	Password string `json:"password"`
	Name     string `json:"name"`
}

// LoadConfig reads a configuration file.
func LoadConfig(path string) (Config, error) {
	var c Config
	b, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read portal's configuration: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("read portal's configuration %s: %w", path, err)
	}
	return c, nil
}
