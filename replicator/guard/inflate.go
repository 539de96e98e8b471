package guard

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// A MARIADB_QUERY_COMPRESSED event is a QUERY event whose statement is compressed: one byte 0x80 | algorithm<<4 | n
// with n from 1 to 4, the statement's length in n bytes, the highest first, and a zlib stream (algorithm 0). Source:
// MariaDB sql/log_event.cc, binlog_buf_compress.
const (
	compressedMark    = 0x80
	compressedMaxSize = 4
	// maxInflated bounds a statement's size, because a small event may hold a very large one. Compressed
	// statements are logged by servers that set log_bin_compress, and are at most as large as max_allowed_packet,
	// by default 16 MiB.
	maxInflated = 32 << 20
)

// inflater decompresses statements; it can be used again and again.
type inflater struct {
	source bytes.Reader
	zlib   io.ReadCloser // nil before the first use
}

// inflate returns the statement that b holds compressed.
func (z *inflater) inflate(b []byte) ([]byte, error) {
	if len(b) == 0 || b[0]&^7 != compressedMark || b[0]&7 == 0 || b[0]&7 > compressedMaxSize || len(b) <= int(b[0]&7) {
		return nil, errors.New("is compressed in a way that is not known")
	}
	n := int(b[0] & 7)
	size := 0
	for _, c := range b[1 : 1+n] {
		size = size<<8 | int(c)
	}
	if size > maxInflated {
		return nil, fmt.Errorf("is compressed and has %d bytes, more than %d", size, maxInflated)
	}
	z.source.Reset(b[1+n:])
	if err := z.reset(); err != nil {
		return nil, fmt.Errorf("is compressed and damaged: %w", err)
	}
	// The buffer grows with what really comes: a small event that claims to be large costs nothing.
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(z.zlib, int64(size)+1)); err != nil {
		return nil, fmt.Errorf("is compressed and damaged: %w", err)
	}
	if out.Len() != size || z.source.Len() != 0 {
		return nil, errors.New("is compressed and does not have the length that it says")
	}
	z.source.Reset(nil)
	return out.Bytes(), nil
}

func (z *inflater) reset() (err error) {
	if z.zlib == nil {
		z.zlib, err = zlib.NewReader(&z.source)
		return err
	}
	return z.zlib.(zlib.Resetter).Reset(&z.source, nil)
}
