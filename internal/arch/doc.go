// Package arch holds tests only: they read the source of the whole module and enforce who may import whom, and the
// few habits that a compiler doesn't check. Every complaint names the file and line.
package arch
