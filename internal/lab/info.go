package lab

import (
	"encoding/json"
	"fmt"
	"os"
)

// Info is DIR/lab.json: where everything is. What a lab does not have (yet) is "" or 0. Fields are only ever added.
type Info struct {
	Supplier   SupplierInfo   `json:"supplier"`
	Foundation FoundationInfo `json:"foundation"`
	Datacentre DatacentreInfo `json:"datacentre"`
	BinDir     string         `json:"bin_dir"`
}

// SupplierInfo is where the supplier's parts are.
type SupplierInfo struct {
	MySQLSocket    string `json:"mysql_socket"`
	MySQLPort      int    `json:"mysql_port"`
	MySQLAdminUser string `json:"mysql_admin_user"` // without a password
	BinlogDir      string `json:"binlog_dir"`
	SSHPort        int    `json:"ssh_port"`
	VolumesDir     string `json:"volumes_dir"`
	PortalURL      string `json:"portal_url"`
	// What wcded dials: links that can be cut. The ports above bypass them.
	MySQLLink string `json:"mysql_link"`
	SSHLink   string `json:"ssh_link"`
}

// FoundationInfo is where the foundation's parts are.
type FoundationInfo struct {
	MySQLSocket         string `json:"mysql_socket"`
	MySQLPort           int    `json:"mysql_port"`
	BinlogServer        string `json:"binlog_server"` // host:port
	ReplicationUser     string `json:"replication_user"`
	ReplicationPassword string `json:"replication_password"`
	ArchiveDir          string `json:"archive_dir"`
	VolumesDir          string `json:"volumes_dir"`
	ControlSocket       string `json:"control_socket"`
	BoardFingerprint    string `json:"board_fingerprint"`
	MetricsURL          string `json:"metrics_url"`
	BoardURL            string `json:"board_url"`
	GatewayURL          string `json:"gateway_url"`
	Config              string `json:"config"`
	WcdedPIDFile        string `json:"wcded_pid_file"`
	WcdedLog            string `json:"wcded_log"`
}

// DatacentreInfo is where the datacentre's parts are.
type DatacentreInfo struct {
	SSHPort  int    `json:"ssh_port"`
	VaultDir string `json:"vault_dir"`
}

// writeJSON replaces a file by rename. Only its owner may read it: lab.json holds a password.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
