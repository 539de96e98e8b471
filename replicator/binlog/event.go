package binlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"
)

// Magic returns the four bytes that every binary log file starts with.
func Magic() []byte { return []byte{0xfe, 'b', 'i', 'n'} }

const (
	// MagicSize is the offset of a file's first event.
	MagicSize = 4
	// HeaderSize is the length of every event's header.
	HeaderSize = 19
	// ChecksumSize is the length of an event's CRC-32.
	ChecksumSize = 4
	// FlagsOffset is where the flags lie within an event.
	FlagsOffset = 17
)

// Type is an event's type code.
type Type = replication.EventType

// Header flags (MariaDB sql/log_event.h, LOG_EVENT_*_F).
const (
	FlagInUse      = replication.LOG_EVENT_BINLOG_IN_USE_F
	FlagArtificial = replication.LOG_EVENT_ARTIFICIAL_F
)

// ErrCorrupt is returned when bytes are not the binary log events that they claim to be.
var ErrCorrupt = errors.New("corrupt binary log event")

// Header is the 19-byte head of every event.
type Header struct {
	Timestamp uint32 // seconds since 1970, settable by clients
	Type      Type
	ServerID  uint32
	Size      uint32 // of the whole event, header and checksum included
	NextPos   uint32 // file offset behind the event, modulo 2^32; 0 in events that are in no file
	Flags     uint16
}

// ParseHeader reads the header at the start of ev, which may be longer or shorter than the event itself.
func ParseHeader(ev []byte) (Header, error) {
	if len(ev) < HeaderSize {
		return Header{}, fmt.Errorf("%w: %d bytes, a header needs %d", ErrCorrupt, len(ev), HeaderSize)
	}
	h := Header{
		Timestamp: binary.LittleEndian.Uint32(ev),
		Type:      Type(ev[4]),
		ServerID:  binary.LittleEndian.Uint32(ev[5:]),
		Size:      binary.LittleEndian.Uint32(ev[9:]),
		NextPos:   binary.LittleEndian.Uint32(ev[13:]),
		Flags:     binary.LittleEndian.Uint16(ev[FlagsOffset:]),
	}
	if h.Size < HeaderSize {
		return Header{}, fmt.Errorf("%w: size %d, a header alone is %d", ErrCorrupt, h.Size, HeaderSize)
	}
	return h, nil
}

// Time returns the header's timestamp.
func (h Header) Time() time.Time { return time.Unix(int64(h.Timestamp), 0) }

// Artificial tells whether the event was made for the connection and lies in no file.
func (h Header) Artificial() bool { return h.Flags&FlagArtificial != 0 }

// VerifyChecksum compares the CRC-32 at the end of the whole event ev with its bytes.
func VerifyChecksum(ev []byte) error {
	if len(ev) < HeaderSize+ChecksumSize {
		return fmt.Errorf("%w: %d bytes, too short for a checksum", ErrCorrupt, len(ev))
	}
	body := ev[:len(ev)-ChecksumSize]
	want := binary.LittleEndian.Uint32(ev[len(body):])
	if got := crc32.ChecksumIEEE(body); got != want {
		return fmt.Errorf("%w: checksum %08x, its bytes give %08x", ErrCorrupt, want, got)
	}
	return nil
}

// SetChecksum writes the CRC-32 of the whole event ev into its last four bytes.
func SetChecksum(ev []byte) {
	body := ev[:len(ev)-ChecksumSize]
	binary.LittleEndian.PutUint32(ev[len(body):], crc32.ChecksumIEEE(body))
}

// Format is what a file's FORMAT_DESCRIPTION event says.
type Format struct {
	ServerVersion string
	Created       time.Time // when the file was begun; zero if the event says so
	Checksum      bool      // events end with a CRC-32
}

const (
	fdeBody         = HeaderSize + 2 + 50 + 4 + 1 // up to the table of post-header lengths
	checksumNone    = 0
	checksumCRC32   = 1
	fdeChecksumTail = 1 + ChecksumSize
)

// ParseFormat reads a FORMAT_DESCRIPTION event. Its last five bytes are always the checksum algorithm and a
// checksum, whatever the algorithm, in every version that MariaDB still supports.
func ParseFormat(ev []byte) (Format, error) {
	if len(ev) < fdeBody+fdeChecksumTail {
		return Format{}, fmt.Errorf("%w: format description of %d bytes", ErrCorrupt, len(ev))
	}
	if v := binary.LittleEndian.Uint16(ev[HeaderSize:]); v != 4 {
		return Format{}, fmt.Errorf("%w: binary log version %d, want 4", ErrCorrupt, v)
	}
	if n := ev[fdeBody-1]; n != HeaderSize {
		return Format{}, fmt.Errorf("%w: header length %d, want %d", ErrCorrupt, n, HeaderSize)
	}
	version := ev[HeaderSize+2 : HeaderSize+2+50]
	if i := bytes.IndexByte(version, 0); i >= 0 {
		version = version[:i]
	}
	f := Format{ServerVersion: string(version)}
	if created := binary.LittleEndian.Uint32(ev[HeaderSize+2+50:]); created != 0 {
		f.Created = time.Unix(int64(created), 0)
	}
	switch alg := ev[len(ev)-fdeChecksumTail]; alg {
	case checksumNone:
	case checksumCRC32:
		f.Checksum = true
	default:
		return Format{}, fmt.Errorf("%w: checksum algorithm %d is unknown", ErrCorrupt, alg)
	}
	return f, nil
}

// ParseRotate reads a ROTATE event: the name of the file that follows and the position in it. checksum tells
// whether the event ends with a CRC-32.
func ParseRotate(ev []byte, checksum bool) (name string, pos uint64, err error) {
	body, err := Body(ev, checksum)
	if err != nil {
		return "", 0, err
	}
	if len(body) < 9 {
		return "", 0, fmt.Errorf("%w: rotate without a file name", ErrCorrupt)
	}
	return string(body[8:]), binary.LittleEndian.Uint64(body), nil
}

// Body returns the part of a whole event between its header and its checksum. It shares memory with ev.
func Body(ev []byte, checksum bool) ([]byte, error) {
	end := len(ev)
	if checksum {
		end -= ChecksumSize
	}
	if end < HeaderSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrCorrupt, len(ev))
	}
	return ev[HeaderSize:end], nil
}
