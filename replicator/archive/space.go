package archive

import "fmt"

// spaceMargin is how much more than the reserve must be free before writing begins again after the disk was full, so
// that it does not begin and end with every segment.
const spaceMargin = 16 << 20

// HasSpace tells whether there is space to write to: nil, or ErrDiskFull.
func (a *Archive) HasSpace() error {
	free, err := a.opts.free(a.opts.Dir)
	if err != nil {
		return fmt.Errorf("look at free space: %w", err)
	}
	if free < a.opts.Reserve+spaceMargin {
		return fmt.Errorf("%w: %d bytes are free, %d are reserved", ErrDiskFull, free, a.opts.Reserve)
	}
	return nil
}
