// Package portal is the sample software of the lab's supplier: a small web application in which customers, called
// beneficiaries, see their certificates, revoke them, ask for new ones and attach files to them.
//
// Rows are in MariaDB (schema.sql); the content of an attachment is a file in the volume, named
//
//	FILES/BENEFICIARY/SHA256
//
// where SHA256 is that of its content, in hex. A file is written, renamed into place and only then named in a row,
// so a row never points at half a file; a file without a row is harmless.
//
// It is a sample: nobody signs in. It listens on the loopback interface, refuses requests that another site's page
// made the browser send, and bounds what it reads.
package portal
