package guard

import "strings"

// charset says how the bytes from 0x80 up of a statement may be read without knowing the character set's tables.
// MariaDB splits a statement into tokens in the client's character set, so a character whose second byte looks
// like a backslash or a quote would make the guard and the server see different tokens.
type charset uint8

const (
	// charsetNever: ASCII bytes do not mean ASCII characters (swe7, ucs2, utf16, utf32, filename), or nobody
	// knows what they mean. Nothing can be judged.
	charsetNever charset = iota
	// charsetASCII: bytes from 0x80 up may swallow the byte behind them (big5, gbk, sjis, cp932), so a
	// statement that has any cannot be judged.
	charsetASCII
	// charsetQuoted: bytes from 0x80 up are harmless within quotes and comments. Outside of them MariaDB takes
	// some for letters and some for white space, by tables that the guard does not have.
	charsetQuoted
	// charsetLatin1: as charsetQuoted, and its letters are known.
	charsetLatin1
	// charsetUTF8: utf8mb3 and utf8mb4. Every byte of a longer character is 0x80 or more.
	charsetUTF8
)

// Collation ids: the NOPAD twin of a collation is 1024 higher, and the Unicode 14 collations are
// 2048 + 256 × encoding + variant (MariaDB mysys/charset-def.c, strings/ctype-uca1400.c).
const (
	collationNopad   = 1024
	collationUCA1400 = 2048
)

// charsetOf returns the class of the character set that the collation id belongs to.
func charsetOf(id uint16) charset {
	if id >= collationUCA1400 {
		switch (id - collationUCA1400) >> 8 {
		case 0, 1: // utf8mb3, utf8mb4
			return charsetUTF8
		}
		return charsetNever
	}
	if id >= collationNopad {
		id -= collationNopad
	}
	switch {
	case id == 33, id == 83, id >= 192 && id <= 215, id == 223, id >= 576 && id <= 578, // utf8mb3
		id == 45, id == 46, id >= 224 && id <= 247, id >= 608 && id <= 610, // utf8mb4
		id >= 255 && id <= 323: // utf8mb4's names from MySQL 8, known since 11.4
		return charsetUTF8
	}
	switch id {
	case 5, 8, 15, 31, 47, 48, 49, 94:
		return charsetLatin1
	case 11, 65, // ascii
		63,             // binary
		32, 64, 92, 93, // armscii8, geostd8
		26, 34, 44, 66, 99, // cp1250
		14, 23, 50, 51, 52, // cp1251
		57, 67, // cp1256
		29, 58, 59, // cp1257
		4, 80, 40, 81, 36, 68, // cp850, cp852, cp866
		3, 69, 6, 72, // dec8, hp8
		25, 70, 16, 71, // greek, hebrew
		37, 73, 7, 74, 22, 75, // keybcs2, koi8r, koi8u
		2, 9, 21, 27, 77, 30, 78, 20, 41, 42, 79, // latin2, latin5, latin7
		38, 43, 39, 53, // macce, macroman
		18, 89: // tis620
		return charsetQuoted
	case 12, 91, 97, 98, // ujis, eucjpms
		19, 85, 24, 86: // euckr, gb2312: no second byte of theirs is a backslash or a quote
		return charsetQuoted
	case 1, 84, 28, 87, 13, 88, 95, 96: // big5, gbk, sjis, cp932
		return charsetASCII
	}
	return charsetNever
}

// charsetNamed returns the class of the character set of that name.
func charsetNamed(name string) charset {
	switch strings.ToLower(name) {
	case "utf8", "utf8mb3", "utf8mb4":
		return charsetUTF8
	case "latin1":
		return charsetLatin1
	case "big5", "gbk", "sjis", "cp932":
		return charsetASCII
	case "armscii8", "ascii", "binary", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "dec8",
		"eucjpms", "euckr", "gb2312", "geostd8", "greek", "hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin2",
		"latin5", "latin7", "macce", "macroman", "tis620", "ujis":
		return charsetQuoted
	}
	return charsetNever
}

// latin1Letter tells whether MariaDB takes the byte c, 0x80 or more, for a letter in latin1.
func latin1Letter(c byte) bool {
	return c >= 0xc0 && c != 0xd7 && c != 0xf7
}
