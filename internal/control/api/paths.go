package api

import "github.com/wcde-foundation/wcded/internal/control"

// Where the verbs lie. Those marked POST change something; long ones answer with progress.
const (
	StatusPath   control.Path = "/v1/status"                    // GET: Status
	DoctorPath   control.Path = "/v1/doctor"                    // GET: []Check
	DatabasePath control.Path = "/v1/databases/{name}"          // GET: Database
	SegmentsPath control.Path = "/v1/databases/{name}/segments" // GET: []Segment
	HeldPath     control.Path = "/v1/databases/{name}/held"     // GET: []Held
	ExposurePath control.Path = "/v1/databases/{name}/exposure" // GET: []Exposure
	ReleasePath  control.Path = "/v1/databases/{name}/release"  // POST: Decision → Held
	SkipPath     control.Path = "/v1/databases/{name}/skip"     // POST: Decision → Held
	AdoptPath    control.Path = "/v1/databases/{name}/adopt"    // POST: AdoptRequest → AdoptReport
	SeedPath     control.Path = "/v1/databases/{name}/seed"     // POST, long: SeedRequest → SeedReport
	VerifyPath   control.Path = "/v1/databases/{name}/verify"   // POST, long: struct{} → VerifyReport
)
