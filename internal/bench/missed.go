package bench

// excuse says why a target is missed and what could be tried. The report shows it only in a run that misses the target.
type excuse struct{ because, next string }

// missed is kept by people, by row: change it when a profile says something else.
func missed() map[string]excuse {
	return map[string]excuse{
		"lag-p50": {because: "x.", next: "y."},
	}
}
